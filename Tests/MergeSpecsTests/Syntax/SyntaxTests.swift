import BraidTesting
import Documents
import MergeSpecs
import Testing

@Suite struct SyntaxTests {
  private func root(_ text: String) -> SyntaxNode? { SyntaxParser.parse(text, file: "f").documents.first?.root }

  private func value(_ path: String..., in node: SyntaxNode?) -> SyntaxNode? {
    path.reduce(node) { node, key in node?.mapping?.first { $0.key == key }?.value }
  }

  private func messages(_ text: String, lenient: Bool = false) -> [String] {
    SyntaxParser.parse(text, file: "f", lenient: lenient).diagnostics.map { $0.rendered(text: nil) }
  }

  @Test func `every value knows its place`() {
    let root = root("a: 1\nb:\n  - x\n  -   y: [2, 30]\n")
    #expect(value("a", in: root)?.position == SourcePosition(line: 1, column: 4))
    let list = value("b", in: root)?.sequence
    #expect(list?.first?.position == SourcePosition(line: 3, column: 5))
    let numbers = value("y", in: list?.last)?.sequence
    #expect(numbers?.last?.position == SourcePosition(line: 4, column: 14))
    #expect(numbers?.last?.scalar?.int == 30)
  }

  @Test func `columns count characters and lines end where editors end them`() {
    let root = root("é🇫🇷: [ö, x]\r\nb: 1\r\n")
    #expect(value("é🇫🇷", in: root)?.sequence?.last?.position == SourcePosition(line: 1, column: 9))
    #expect(value("b", in: root)?.position == SourcePosition(line: 2, column: 4))
  }

  @Test func `an alias has the place of its target and its own`() {
    let tree = SyntaxParser.parse("a: &x {k: 1}\nb: *x\nc: *x\nd: &unused 2\n", file: "f").documents.first
    let target = value("b", in: tree?.root)
    #expect(target?.position == SourcePosition(line: 1, column: 4))
    #expect(target?.usePosition == SourcePosition(line: 2, column: 4))
    #expect(value("c", "k", in: tree?.root)?.scalar?.int == 1)
    #expect(tree?.usedAnchors == ["x"])
    #expect(value("a", in: tree?.root)?.anchors == ["x"])
  }

  @Test func `merge keys add what is not there`() {
    let root = root(
      """
      p: &p {a: 1, b: 1}
      q: &q {a: 2, c: 2}
      one: {<<: *p, b: 9}
      list: {<<: [*p, *q]}
      two:
        <<: *p
        <<: *q
      """
    )
    #expect(value("one", in: root)?.mapping?.map(\.key) == ["b", "a"])
    #expect(value("one", "b", in: root)?.scalar?.int == 9)
    #expect(value("one", "a", in: root)?.position == SourcePosition(line: 1, column: 11))
    #expect(value("list", "a", in: root)?.scalar?.int == 1)
    #expect(value("list", "c", in: root)?.scalar?.int == 2)
    #expect(value("two", "a", in: root)?.scalar?.int == 2)
    #expect(value("two", "b", in: root)?.scalar?.int == 1)
  }

  @Test func `repeated keys are named with both places, all of them`() {
    let text = "a: 1\nb: {x: 1, x: 2}\na: 3\n\"a\": 4\n"
    #expect(
      messages(text) == [
        "f:2:11: error: the key \"x\" stands twice in one mapping, also at line 2, column 5\n  keep one of them",
        "f:3:1: error: the key \"a\" stands twice in one mapping, also at line 1, column 1\n  keep one of them",
        "f:4:1: error: the key \"a\" stands twice in one mapping, also at line 3, column 1\n  keep one of them",
      ])
    #expect(
      messages(text, lenient: true).allSatisfy { $0.contains(": warning: ") && $0.hasSuffix("the last one counts") })
    #expect(value("a", in: root(text))?.scalar?.int == 4)
  }

  @Test func `scalars are read as YAML 1.1 has them`() {
    let numbers: [(String, Double?)] = [
      ("1", 1), ("+2", 2), ("-3.5", -3.5), ("1e-5", 1e-5), (".5", 0.5), ("5.", 5), ("1_000", 1000), ("0x1F", 31),
      ("017", 15), ("08", 8), ("0b11", 3), ("\"0.5\"", 0.5), ("inf", nil), (".nan", nil), ("1:30", nil), ("x", nil),
      ("0x", nil), ("-", nil), ("1e", nil), ("nan", nil), ("infinity", nil), ("0x1p3", nil), ("''", nil),
    ]
    for (text, number) in numbers {
      #expect(value("a", in: root("a: \(text)"))?.scalar?.number == number, "\(text)")
    }
    for text in ["yes", "True", "ON"] { #expect(value("a", in: root("a: \(text)"))?.scalar?.bool == true) }
    #expect(value("a", in: root("a: 'true'"))?.scalar?.bool == nil)
    for text in ["", "~", "null"] { #expect(value("a", in: root("a: \(text)"))?.isNull == true) }
    #expect(value("a", in: root("a: ''"))?.isNull == false)
  }

  @Test func `stars in text stay stars`() {
    let root = root("a: \"*\"\nb: '*.mlp'\nc: x*y\nd: |\n  *z\n\"*k\": 1\n")
    #expect(value("a", in: root)?.text == "*")
    #expect(value("b", in: root)?.text == "*.mlp")
    #expect(value("c", in: root)?.text == "x*y")
    #expect(value("d", in: root)?.text == "*z\n")
    #expect(value("*k", in: root)?.text == "1")
  }

  @Test(arguments: [
    ("a: *x", "f:1:4: error: there is no anchor &x before this alias"),
    ("a: &base 1\nb: *bsae", "f:2:4: error: there is no anchor &bsae before this alias\n  did you mean *base?"),
    (
      "filter: *",
      "f:1:9: error: a bare * begins an alias, and \"\" is not the name of one\n  write the text in quotes: \"*\""
    ),
    (
      "filter: *.mlp",
      "f:1:9: error: a bare * begins an alias, and \".mlp\" is not the name of one\n  write the text in quotes: \"*.mlp\""
    ),
    ("a: &x [*x]", "f:1:8: error: there is no anchor &x before this alias"),
    ("a:\n\t- b", "f:2:1: error: YAML does not allow a tab here\n  indent with blanks"),
    (
      "a: [1, 2",
      "f:1:9: error: this is not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 1)"
    ),
    ("a: b: c", "f:1:5: error: this is not valid YAML: mapping values are not allowed in this context"),
    ("a: \u{1}", "f:1:4: error: this is not valid YAML: control characters are not allowed"),
    ("? [a]\n: 1", "f:1:3: error: a key must be a word, not a list"),
    ("<<: 1", "f:1:5: error: << merges mappings, not \"1\""),
  ])
  func `syntax errors say where`(text: String, message: String) {
    #expect(messages(text) == [message])
  }

  @Test func `aliases that grow without measure are refused`() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...20 {
      text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect(messages(text).contains { $0.hasSuffix("written out, the aliases of this spec make it too large") })
    var deep = "a0: &a0 [x]\n"
    for level in 1...5000 { deep += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(messages(deep).contains { $0.hasSuffix("written out, the aliases of this spec make it too large") })
    #expect(!messages(String(repeating: "[", count: 100_000)).isEmpty)
    #expect(messages(String(repeating: "a", count: 2_000_000)) == ["f: error: the spec is longer than 1.05 MB"])
  }

  @Test func `documents keep their places in the file, and anchors end with theirs`() {
    let stream = SyntaxParser.parse("--- # one\na: &x 1\n---\nb: 2\n...\n---\n---\nc: *x\n", file: "f")
    #expect(stream.documents.map(\.root.position.line) == [2, 4, 8])
    #expect(
      stream.diagnostics.map { $0.rendered(text: nil) } == ["f:8:4: error: there is no anchor &x before this alias"])
    #expect(
      messages("a: 1\n---\nb: 1\nb: 2\n") == [
        "f:4:1: error: the key \"b\" stands twice in one mapping, also at line 3, column 1\n  keep one of them"
      ])
    #expect(SyntaxParser.parse("---\na: 1\n...\n", file: "f").documents.count == 1)
    #expect(SyntaxParser.parse("---\n---\n# nothing\n", file: "f").documents.isEmpty)
  }

  @Test func `documents together are bounded as one is`() {
    let many = String(repeating: "a: 1\n---\n", count: 5000)
    #expect(messages(many) == ["f:201:1: error: there are more than 100 specs in this file"])
    var tree = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...4 {
      tree += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect(messages(tree) == [])
    let together = messages(Array(repeating: tree, count: 60).joined(separator: "---\n"))
    #expect(together.count == 1 && together[0].hasSuffix("the aliases of this spec make it too large"))
  }
}
