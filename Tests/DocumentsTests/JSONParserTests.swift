import BraidTesting
import Documents
import Testing

@Suite struct JSONParserTests {
  /// The value as compact text, so that trees can be compared; the numbers keep their spelling.
  private func text(_ node: JSONNode) -> String {
    switch node.value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let digits): digits
    case .string(let string): JSONEdit.quote(string)
    case .array(let elements): "[" + elements.map(text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { JSONEdit.quote($0.key) + ":" + text($0.node) }.joined(separator: ",") + "}"
    }
  }

  private func message(_ text: String, refusingDuplicateKeys refuses: Bool = false) -> String {
    message(Array(text.utf8), refusingDuplicateKeys: refuses)
  }

  private func message(_ bytes: [UInt8], refusingDuplicateKeys refuses: Bool = false) -> String {
    do {
      _ = try JSONParser.parse(bytes, refusingDuplicateKeys: refuses)
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func `texts are quoted as Python's json has them, all in ASCII on request`() {
    #expect(JSONEdit.quote("a\u{7F}\u{8}é😀\u{1}") == "\"a\u{7F}\\bé😀\\u0001\"")
    #expect(JSONEdit.quote("a\u{7F}\u{8}é😀", asciiOnly: true) == #""a\u007f\b\u00e9\ud83d\ude00""#)
  }

  @Test func `what RFC 8259 allows is read`() throws {
    let cases: [(String, String)] = [
      ("null", "null"), (" true ", "true"), ("\t\r\n false", "false"), ("0", "0"), ("-0", "-0"), ("1E-2", "1E-2"),
      ("1.5e+300", "1.5e+300"), ("123456789012345678901234567890", "123456789012345678901234567890"),
      ("[]", "[]"), ("[ ]", "[]"), ("[[],{}]", "[[],{}]"), ("{}", "{}"), ("{\"\":0}", "{\"\":0}"),
      ("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"), (#""\"\\\/\b\f\n\r\t""#, #""\"\\/\b\f\n\r\t""#),
      (#""\u0041\u00e9\ud83d\ude00""#, "\"Aé😀\""), (#""\u0000""#, #""\u0000""#),
      ("\"\u{7F}\u{2028}\"", "\"\u{7F}\u{2028}\""),
      ("\"größe 重み\"", "\"größe 重み\""), (#"{"\u0061": 1}"#, "{\"a\":1}"),
    ]
    for (document, expected) in cases { #expect(text(try JSONParser.parse(document)) == expected, "\(document)") }
  }

  @Test func `what RFC 8259 forbids is refused, with the place`() {
    let cases: [(String, String)] = [
      ("", "byte 0: the document ends where a value was expected"),
      ("  ", "byte 2: the document ends where a value was expected"),
      ("nul", "byte 0: expected a value"), ("True", "byte 0: expected a value"), ("NaN", "byte 0: expected a value"),
      ("-", "byte 0: expected a value"), ("+1", "byte 0: expected a value"), (".5", "byte 0: expected a value"),
      ("01", "byte 0: a number may not begin with 0"), ("-01", "byte 0: a number may not begin with 0"),
      ("1.", "byte 2: expected digits after '.'"), ("1e", "byte 2: expected digits in the exponent"),
      ("1e+", "byte 3: expected digits in the exponent"), ("0x1", "byte 1: text after the end of the document"),
      ("1 2", "byte 2: text after the end of the document"), ("[1,]", "byte 3: expected a value"),
      ("[,1]", "byte 1: expected a value"), ("[1 2]", "byte 3: expected ',' or ']' in an array"),
      ("[1", "byte 2: expected ',' or ']' in an array"), ("{\"a\"}", "byte 4: expected ':' after the key \"a\""),
      ("{\"a\":1,}", "byte 7: expected a key in quotes"), ("{a:1}", "byte 1: expected a key in quotes"),
      ("{'a':1}", "byte 1: expected a key in quotes"),
      ("{\"a\":1 \"b\":2}", "byte 7: expected ',' or '}' in an object"),
      ("{\"a\":}", "byte 5: expected a value"), ("\"a", "byte 0: a string is never closed"),
      ("\"a\\", "byte 3: the document ends inside an escape"), ("\"\\x\"", "byte 2: unknown escape in a string"),
      ("\"\\u12\"", "byte 3: expected four hexadecimal digits"),
      ("\"\\u+123\"", "byte 3: expected four hexadecimal digits"),
      ("\"\\ud800\"", "byte 7: half of a surrogate pair stands alone"),
      ("\"\\ud800\\u0041\"", "byte 13: half of a surrogate pair stands alone"),
      ("\"\\udc00\"", "byte 7: half of a surrogate pair stands alone"),
      ("\"a\u{1}\"", "byte 2: a control character stands unescaped in a string"),
      ("\"\\n\n\"", "byte 3: a control character stands unescaped in a string"),
      ("\u{FEFF}{}", "byte 0: expected a value"), ("/* */ 1", "byte 0: expected a value"),
    ]
    for (document, expected) in cases { #expect(message(document) == expected, "\(document)") }
    #expect(message([0x22, 0xFF, 0x22]) == "byte 1: a string is not valid UTF-8")
    #expect(message([0x22, 0x5C, 0x6E, 0xC0, 0x80, 0x22]) == "byte 0: a string is not valid UTF-8")
    #expect(message([0x22, 0xED, 0xA0, 0x80, 0x22]) == "byte 1: a string is not valid UTF-8")
  }

  @Test func `duplicate keys are refused on request, at every level`() {
    #expect(message(#"{"a":1,"a":2}"#, refusingDuplicateKeys: true) == "byte 7: the key \"a\" appears twice")
    #expect(message(#"{"a":1,"\u0061":2}"#, refusingDuplicateKeys: true) == "byte 7: the key \"a\" appears twice")
    #expect(message(#"[{"x":{"b":1,"b":2}}]"#, refusingDuplicateKeys: true) == "byte 13: the key \"b\" appears twice")
    #expect(message(#"{"a":{"a":{"a":1}}}"#, refusingDuplicateKeys: true) == "accepted")
    #expect(
      message("{\"\\u001b[2J\":1,\"\\u001b[2J\":2}", refusingDuplicateKeys: true)
        == "byte 15: the key \"\\u{1b}[2J\" appears twice")
  }

  @Test func `nesting has a limit, and reaching for it takes no stack`() {
    let depth = JSONParser.maximumDepth
    func nested(_ count: Int) -> String {
      String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }
    #expect(message(nested(depth)) == "accepted")
    #expect(message(nested(depth + 1)) == "byte \(depth): nested deeper than \(depth) levels")
    #expect(message(String(repeating: "{\"a\":[", count: 100_000)).hasSuffix("nested deeper than \(depth) levels"))
  }

  @Test func `every value knows its bytes`() throws {
    let text = " {\"a\": [1, {\"b\" : \"x\\n\"}], \"c\":null} "
    let root = try JSONParser.parse(text)
    func slice(_ range: Range<Int>?) -> String? {
      range.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    }
    #expect(slice(root.range) == "{\"a\": [1, {\"b\" : \"x\\n\"}], \"c\":null}")
    #expect(slice(root["a"]?.range) == "[1, {\"b\" : \"x\\n\"}]")
    #expect(slice(root["a"]?.array?[1]["b"]?.range) == "\"x\\n\"")
    #expect(slice(root.object?[1].keyRange) == "\"c\"")
    #expect(slice(root["c"]?.range) == "null")
    #expect(root["d"] == nil)
    #expect(root["c"]?.isNull == true)
  }

  @Test func `numbers are read as what fits them`() throws {
    let root = try JSONParser.parse("[1, -7, 1.5, 9223372036854775807, 9223372036854775808, 1e3]")
    #expect(root.array?.map(\.int) == [1, -7, nil, Int.max, nil, nil])
    #expect(root.array?.map(\.double) == [1, -7, 1.5, 9.223372036854775807e18, 9.223372036854775808e18, 1000])
  }

  private static let rich =
    #"{"a": [1, -2.5e3, true, null, {"é": "x\ud83d\ude00\n"}], "b": {"c": [], "d": {}}, "e": ""}"#

  @Test func `a document cut short at any byte is an error inside what is left`() {
    let bytes = Array(Self.rich.utf8)
    for length in 0..<bytes.count {
      do {
        _ = try JSONParser.parse(Array(bytes[..<length]))
        Issue.record("accepted when cut at \(length)")
      } catch {
        #expect(error.offset <= length)
      }
    }
  }

  @Test func `changed bytes never make it trap`() {
    var generator = SeededGenerator(seed: 11)
    let original = Array(Self.rich.utf8)
    for _ in 0..<50_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(original.randomElement(using: &generator) ?? 0, at: place)
        }
      }
      do {
        let node = try JSONParser.parse(bytes, refusingDuplicateKeys: Bool.random(using: &generator))
        #expect(node.range.upperBound <= bytes.count)
      } catch {
        #expect(error.offset <= bytes.count)
      }
    }
  }
}
