import BraidTesting
import Comparisons
import Reports
import Tensors
import Testing

struct ComparisonReportTests {
  private let roles = ["self_attn.q_proj", "mlp.up_proj", "input_layernorm"]

  /// Two layers of three tensors and an embedding, with elements in a fixed scatter.
  private func model(_ seed: UInt64, step: Float, from base: [String: [Float]] = [:]) -> [String: [Float]] {
    var generator = SeededGenerator(seed: seed)
    var tensors: [String: [Float]] = [:]
    let names =
      (0..<2).flatMap { layer in roles.map { "model.layers.\(layer).\($0).weight" } } + ["model.embed_tokens.weight"]
    for name in names {
      tensors[name] = (0..<64).map { place in
        (base[name]?[place] ?? 0) + Float(Int.random(in: -64...64, using: &generator)) / 64 * step
      }
    }
    return tensors
  }

  private func source(_ model: [String: [Float]]) -> MemorySource {
    MemorySource(
      floats: model.sorted { $0.key < $1.key }.map { name, values in
        (name, name.contains("norm") || values.count != 64 ? [values.count] : [8, 8], values)
      })
  }

  private func compare(
    _ a: [String: [Float]], _ b: [String: [Float]], base: [String: [Float]]? = nil
  ) throws -> ModelComparison {
    try ModelPair(
      ComparedModel(name: "first", weights: source(a)), ComparedModel(name: "second", weights: source(b)),
      base: base.map { ComparedModel(name: "origin", weights: source($0)) },
      resources: ComparisonResources(threads: 2, memory: 1 << 26)
    ).compare()
  }

  /// Fine-tunes of one base, with a tensor in one of them only and one that is not finite.
  private func comparison() throws -> ModelComparison {
    let base = model(1, step: 1)
    var (a, b) = (model(2, step: 0.125, from: base), model(3, step: 0.0625, from: base))
    a["lm_head.weight"] = [1, 2]
    b["lm_head.weight"] = [1, 2, 3]
    b["extra"] = [1]
    b["model.layers.1.mlp.up_proj.weight"]?[5] = .nan
    return try compare(a, b, base: base)
  }

  @Test func `a comparison looks as it should on a terminal and in a browser`() throws {
    try Golden.expect(ComparisonReport(comparison(), top: 3).text, at: "comparison.text")
    try Golden.expect(ComparisonReport(comparison(), top: 3).html, at: "comparison.html")
  }

  @Test func `maps are in colour on a terminal, and in shades elsewhere`() throws {
    let plain = ComparisonReport(try comparison()).text
    #expect(plain.contains("█") && !plain.contains("\u{1B}"))
    let styled = ComparisonReport(try comparison(), isStyled: true).text
    #expect(styled.contains("\u{1B}[38;5;16;48;5;196m") && !styled.contains("█"))
  }

  @Test func `names cannot bring marks into a page or steer a terminal`() throws {
    let name = "model.layers.0.<script>alert(\"1&2\")</script>\u{1B}[2J.weight"
    let comparison = try ModelPair(
      ComparedModel(name: "<b>'a'", weights: MemorySource(floats: [(name, [2], [1, 2]), ("<i>", [1], [1])])),
      ComparedModel(name: "b", weights: MemorySource(floats: [(name, [2], [1, 3])])), base: nil,
      resources: ComparisonResources(threads: 1, memory: 1 << 20)
    ).compare()
    let page = ComparisonReport(comparison).html
    #expect(!page.contains("<script") && !page.contains("<b>") && !page.contains("<i>") && !page.contains("\u{1B}"))
    #expect(page.contains("&lt;script&gt;alert(&quot;1&amp;2&quot;)&lt;/script&gt;"))
    #expect(page.contains("&lt;b&gt;&#39;a&#39;"))
    #expect(!ComparisonReport(comparison).text.contains("\u{1B}"))
    expectBalanced(page)
  }

  @Test func `every mark of a page that opens is closed, and nothing is fetched`() throws {
    let page = ComparisonReport(try comparison()).html
    expectBalanced(page)
    for mark in ["http", "src=", "href=", "<script", "@import", "url("] { #expect(!page.contains(mark)) }
  }

  @Test func `lines keep to the width they are given`() throws {
    for width in [60, 100] {
      for line in ComparisonReport(try comparison(), width: width).text.split(separator: "\n") {
        #expect(line.count <= width, "\(line)")
      }
    }
  }

  // MARK: Advice

  private func advice(_ a: [String: [Float]], _ b: [String: [Float]], base: [String: [Float]]?) throws -> String {
    let text = ComparisonReport(try compare(a, b, base: base), width: 10_000).text
    return String(text.split(separator: "\n").last ?? "")
  }

  @Test func `unrelated task vectors call for a sign election`() throws {
    let base = model(1, step: 1)
    let text = try advice(model(2, step: 0.125, from: base), model(3, step: 0.125, from: base), base: base)
    #expect(text.contains("(TIES)") && text.contains("sign conflict 0.5"), "\(text)")
    #expect(text.contains("steps of comparable length") && text.contains("DARE's random dropping was found to bear"))
  }

  @Test func `task vectors that agree call for a mean`() throws {
    let base = model(1, step: 1)
    let a = model(2, step: 0.125, from: base)
    let text = try advice(a, model(3, step: 0.03125, from: a), base: base)
    #expect(text.contains("scaled like a mean") && text.contains("point much the same way"), "\(text)")
  }

  @Test func `task vectors that do not meet can be added`() throws {
    let base = model(1, step: 1)
    var (a, b) = (base, base)
    a["model.layers.0.mlp.up_proj.weight"]?[3] += 1
    b["model.layers.1.mlp.up_proj.weight"]?[3] += 4
    let text = try advice(a, b, base: base)
    #expect(text.contains("overlap 0.00") && text.contains("full strength"), "\(text)")
    #expect(text.contains("A (4.0 times as long)") || text.contains("B drowns out A (4.0 times as long)"), "\(text)")
    #expect(text.contains("the range where it was found harmless"))
  }

  @Test func `a model that is the base leaves nothing to choose`() throws {
    let base = model(1, step: 1)
    #expect(try advice(base, model(2, step: 1, from: base), base: base).contains("A equals the base"))
    #expect(try advice(base, base, base: base).contains("A and B equal the base"))
  }

  @Test func `without a base the advice is about kinship`() throws {
    let base = model(1, step: 1)
    #expect(try advice(base, model(2, step: 0.125, from: base), base: nil).contains("same base"))
    #expect(try advice(base, model(4, step: 1), base: nil).contains("usually breaks both"))
    #expect(try advice(base, base, base: nil).contains("would change nothing"))
    #expect(try advice(base, ["x": [1]], base: nil).contains("no tensor of the same name"))
  }

  /// Checks that marks nest and quotes close.
  private func expectBalanced(_ page: String, sourceLocation: SourceLocation = #_sourceLocation) {
    var open: [Substring] = []
    for part in page.split(separator: "<").dropFirst(page.hasPrefix("<") ? 0 : 1) {
      guard let end = part.firstIndex(of: ">") else {
        Issue.record("a mark does not end: \(part)", sourceLocation: sourceLocation)
        return
      }
      let mark = part[..<end]
      #expect(mark.count { $0 == "\"" } % 2 == 0, sourceLocation: sourceLocation)
      let name = mark.prefix { $0 != " " }
      if name.hasPrefix("/") {
        #expect(open.popLast() == name.dropFirst(), sourceLocation: sourceLocation)
      } else if !["!DOCTYPE", "meta", "br"].contains(name) {
        open.append(name)
      }
    }
    #expect(open.isEmpty, sourceLocation: sourceLocation)
  }
}
