import BraidTesting
import Documents
import Evaluation
import Tasks
import Testing

/// Filters and measures of texts are those of Python; see Goldens/make_filters.py.
@Suite struct `Filters and measures of texts` {
  private static func golden() throws -> JSONNode {
    try JSONParser.parse(Files.bytes(Fixture.packageRoot + "/Tests/TasksTests/Goldens/filters.json"))
  }

  @Test func `pipelines find what the harness's find`() throws {
    let bytes = try Files.bytes(Fixture.packageRoot + "/Tests/TasksTests/Goldens/filters.json")
    let golden = try Self.golden()
    let texts = try #require(golden["texts"]?.array).compactMap(\.string)
    let choices = try #require(golden["choices"]?.array).compactMap(\.string)
    for (index, node) in try #require(golden["filters"]?.array).enumerated() {
      // JSON is YAML.
      let steps = String(decoding: bytes[try #require(node["steps"]).range], as: UTF8.self)
      let pipeline = try FilterPipeline(name: "x", yaml: steps)
      let results = try #require(node["results"]?.array).map { $0.string ?? "None" }
      for (text, expected) in zip(texts, results) {
        #expect(pipeline.apply(text, choices: choices) == expected, "pipeline \(index): \(text)")
      }
    }
  }

  @Test func `texts match with the same things ignored`() throws {
    for node in try #require(try Self.golden()["matches"]?.array) {
      let parts = try #require(node.array)
      let options = parts[0]
      let normalization = try MatchNormalization(
        ignoring: options["regexes_to_ignore"]?.array?.compactMap(\.string) ?? [],
        case: options["ignore_case"]?.bool ?? false, punctuation: options["ignore_punctuation"]?.bool ?? false,
        numbers: options["ignore_numbers"]?.bool ?? false)
      let (a, b) = (normalization.apply(parts[1].string ?? ""), normalization.apply(parts[2].string ?? ""))
      #expect(a.utf8.elementsEqual(b.utf8) == (parts[3].double == 1), "\(parts[1]) \(parts[2])")
    }
  }

  @Test func `BLEU and chrF are sacrebleu's`() throws {
    let golden = try Self.golden()
    let texts = try #require(golden["hypotheses"]?.array).compactMap(\.string)
    let references = try #require(golden["references"]?.array).compactMap(\.string)
    let scores = try #require(golden["scores"])
    func sum(_ terms: [[Double]]) -> [Double] {
      terms.dropFirst().reduce(terms[0]) { zip($0, $1).map(+) }
    }
    func expect(_ value: Double, _ node: JSONNode?, _ what: String) {
      #expect(abs(value - (node?.double ?? .nan)) < 1e-9, "\(what)")
    }
    let pairs = Array(zip(texts, references))
    expect(BLEU.score(sum(pairs.map { BLEU.terms($0, references: [$1]) })), scores["bleu"], "BLEU")
    expect(ChrF.score(sum(pairs.map { ChrF.terms($0, references: [$1]) })), scores["chrf"], "chrF")
    let both = zip(pairs, texts.reversed()).map { BLEU.terms($0.0, references: [$0.1, $1]) }
    expect(BLEU.score(sum(both)), scores["bleu_two"], "BLEU with two references")
    for (index, pair) in pairs.enumerated() {
      expect(BLEU.score(BLEU.terms(pair.0, references: [pair.1])), scores["bleu_each"]?.array?[index], pair.0)
      expect(ChrF.score(ChrF.terms(pair.0, references: [pair.1])), scores["chrf_each"]?.array?[index], pair.0)
    }
  }

  @Test func `translation edit rates are sacrebleu's, shifts included`() throws {
    let golden = try Self.golden()
    func texts(_ key: String) throws -> [String] { try #require(golden[key]?.array).compactMap(\.string) }
    let scores = try #require(golden["scores"])
    func expect(_ terms: [[Double]], _ node: JSONNode?, _ what: String) {
      let sums = terms.reduce([0, 0]) { zip($0, $1).map(+) }
      #expect(abs(TER.score(sums) - (node?.double ?? .nan)) < 1e-9, "\(what)")
    }
    let pairs = zip(try texts("hypotheses"), try texts("references"))
    expect(pairs.map { TER.terms($0, references: [$1]) }, scores["ter"], "all")
    expect(
      zip(pairs, try texts("hypotheses").reversed()).map { TER.terms($0.0, references: [$0.1, $1]) }, scores["ter_two"],
      "two references")
    let terms = zip(try texts("shuffled"), try texts("originals")).map { TER.terms($0, references: [$1]) }
    expect(terms, scores["ter_all"], "shuffled")
    for (index, text) in try texts("shuffled").enumerated() {
      expect([terms[index]], scores["ter_each"]?.array?[index], text)
    }
  }

  @Test func `ROUGE is that of rouge_score, and BLEU's words those of any script`() throws {
    let golden = try Self.golden()
    for (index, node) in try #require(golden["rouge"]?.array).enumerated() {
      let parts = try #require(node.array)
      let (text, reference) = (try #require(parts[0].string), try #require(parts[1].string))
      let mine = [
        Rouge.overlap(text, reference: reference, length: 1), Rouge.overlap(text, reference: reference, length: 2),
        Rouge.sequence(text, reference: reference), Rouge.summary(text, reference: reference),
      ]
      for (value, part) in zip(mine, parts.dropFirst(2)) {
        #expect(abs(value - (part.double ?? .nan)) < 1e-12, "\(text) \(reference)")
      }
      let bleu = BLEU.score(BLEU.terms(text, references: [reference], isInternational: true))
      #expect(abs(bleu - (golden["scores"]?["bleu_intl"]?.array?[index].double ?? .nan)) < 1e-9, "\(text)")
    }
  }
}
