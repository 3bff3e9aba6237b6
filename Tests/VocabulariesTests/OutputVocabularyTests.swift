import Testing
import Vocabularies

@Suite struct OutputVocabularyTests {
  private let base = Making.bpe(["a", "b", "ab"], merges: [("a", "b")], added: [("<s>", nil)])
  private let other = Making.bpe(
    ["c", "b", "a", "bc", "abc"], merges: [("b", "c"), ("a", "bc")], added: [("<s>", nil), ("<t>", nil)])

  private func union(
    _ models: [ModelVocabulary], _ wishes: [VocabularyRequest.Wish] = [], multiple: Int? = nil
  ) throws -> OutputVocabulary {
    try OutputVocabulary(
      models, base: 0, request: VocabularyRequest(source: .union, wishes: wishes, multiple: multiple))
  }

  @Test func `a union keeps the base's numbers and adds words, then added tokens, model by model`() throws {
    let third = Making.bpe(["d", "c", "e"], added: [("<u>", nil)])
    let models = [
      try Making.model("a", base), try Making.model("b", other), try Making.model("c", third),
    ]
    let output = try union(models)
    #expect(output.spelt == ["a", "b", "ab", "<s>", "c", "bc", "abc", "d", "e", "<t>", "<u>"])
    #expect(
      output.runs(of: 0) == [
        "0..<4 a@0", "4..<5 mean b@0+c@1", "5..<7 b@3", "7..<8 c@0", "8..<9 c@2", "9..<10 b@6", "10..<11 c@3",
      ])
    #expect(output.runs(of: 1).prefix(4) == ["0..<1 b@2", "1..<2 b@1", "2..<3 a@2", "3..<4 b@5"])
    #expect(output.warnings == [])
  }

  @Test func `padding is used up by new tokens and otherwise stays`() throws {
    let models = [try Making.model("a", base, rows: 9), try Making.model("b", other, rows: 8)]
    let output = try union(models)
    #expect(output.spelt == ["a", "b", "ab", "<s>", "c", "bc", "abc", "<t>", "."])
    #expect(output.runs(of: 0).last == "8..<9 a@8")
    #expect(output.runs(of: 1).last == "8..<9 a@8", "b has no row 8, so that of the base stands in")
    let kept = try OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .model(0)))
    #expect(kept.rowCount == 9 && kept.tokens.count == 4)
    #expect(kept.map(of: 0).isIdentity(rowCount: 9))
    #expect(kept.runs(of: 1).suffix(2) == ["7..<8 b@7", "8..<9 a@8"])
  }

  @Test func `a multiple makes new padding, filled with the mean`() throws {
    let models = [try Making.model("a", base, rows: 9), try Making.model("b", other)]
    let output = try union(models, multiple: 16)
    #expect(output.rowCount == 16 && output.map(of: 0).meanCount == 8)
    #expect(output.runs(of: 0).last == "8..<16 padding")
    #expect(try union(models, multiple: 1).rowCount == 8)
  }

  @Test func `tokens beyond the embedding count only for models that have a row`() throws {
    let long = Making.bpe(["a", "b"], added: [("<s>", nil), ("<pad>", nil)])
    let models = [try Making.model("a", long, rows: 3), try Making.model("b", long, rows: 4)]
    let output = try union(models)
    #expect(output.spelt == ["a", "b", "<s>", "<pad>"])
    #expect(output.runs(of: 0) == ["0..<3 a@0", "3..<4 b@3"])
    let alone = try OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .model(0)))
    #expect(alone.spelt == ["a", "b", "<s>"])
    #expect(alone.warnings == ["\"<pad>\" of a have no row in its embedding and none in the output"])
  }

  @Test func `numbers may have holes`() throws {
    let holes = Making.bpe(["a", "b"], added: [("<s>", 5)])
    let models = [try Making.model("a", holes), try Making.model("b", other)]
    let output = try union(models)
    #expect(output.spelt == ["a", "b", ".", ".", ".", "<s>", "c", "bc", "abc", "<t>"])
    #expect(output.runs(of: 0).first == "0..<6 a@0")
    #expect(output.runs(of: 1).prefix(4) == ["0..<1 b@2", "1..<2 b@1", "2..<5 a@2", "5..<6 b@5"])
  }

  @Test func `wishes decide rows, add tokens, and may overrule a model's own`() throws {
    let models = [try Making.model("a", base), try Making.model("b", other)]
    let output = try union(
      models,
      [
        .init(token: TokenText("b"), row: .model(1), isForced: true),
        .init(token: TokenText("<s>"), row: .token(model: 1, TokenText("<t>")), isForced: false),
        .init(token: TokenText("<t>"), row: .zero, isForced: true),
        .init(token: TokenText("<new>"), row: .number(model: 1, 4), isForced: false),
        .init(token: TokenText("<none>"), row: nil, isForced: false),
        .init(token: TokenText("a"), row: nil, isForced: true),
      ])
    #expect(output.spelt.suffix(3) == ["<t>", "<new>", "<none>"])
    #expect(
      output.runs(of: 0) == [
        "0..<1 a@0", "1..<2 b@1", "2..<4 a@2", "4..<5 b@0", "5..<7 b@3", "7..<8 zero", "8..<9 b@4", "9..<10 zero",
      ])
    #expect(output.runs(of: 1).prefix(2) == ["0..<1 a@0", "1..<2 b@1"], "a is forced to the base's row")
    let report = TokenReport(output)
    #expect(report.entries.map(\.token.text) == ["a", "b", "ab", "c", "bc", "abc", "<t>", "<new>", "<none>"])
    #expect(report.entries[0].models == ["b"] && report.entries[0].origin == "the base, a")
    #expect(report.newCount == 6)
  }

  @Test func `a wish that cannot be met says which and why`() throws {
    let models = [try Making.model("a", base), try Making.model("b", other)]
    func message(_ row: VocabularyRequest.Row) -> String {
      let wish = VocabularyRequest.Wish(token: TokenText("<s>"), row: row, isForced: false)
      do throws(VocabularyError) {
        _ = try OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .union, wishes: [wish]))
        return ""
      } catch {
        return "\(error.wish.map(String.init) ?? "-"): \(error)"
      }
    }
    #expect(message(.number(model: 1, 7)) == "0: b has no row 7 (its embedding has 7 rows)")
    #expect(message(.token(model: 1, TokenText("<tt>"))) == "0: b has no token \"<tt>\" (did you mean <t>?)")
    #expect(message(.token(model: 0, TokenText("xyz"))).hasPrefix("0: a has no token \"xyz\" (spaces and"))
  }

  @Test func `the first definition of an added token counts, and a word may become one`() throws {
    let plain = Making.bpe(["a", "<t>"], added: [("<s>", nil)], flags: "\"special\": false, \"lstrip\": true")
    let models = [try Making.model("a", plain), try Making.model("b", other)]
    let output = try union(models)
    #expect(output.warnings == ["\"<s>\" is defined differently by a and b: the first definition counts"])
    let merged = try Making.file(String(decoding: try output.tokenizer(), as: UTF8.self))
    #expect(merged.added.first { $0.text.text == "<s>" }?.flags.stripsLeft == true)
    #expect(merged.added.first { $0.text.text == "<t>" }?.id == 1)
  }

  @Test func `a model that is not merged gives a tokenizer, and rows only where nobody else has them`() throws {
    let models = [try Making.model("a", base), try Making.model("b", other, merged: false)]
    #expect(try union(models).tokens.count == 4)
    let output = try OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .model(1)))
    #expect(output.runs(of: 0) == ["0..<1 b@0", "1..<2 a@1", "2..<3 a@0", "3..<5 b@3", "5..<6 a@3", "6..<7 b@6"])
  }

  @Test func `maps that differ have different digests`() throws {
    let models = [try Making.model("a", base, rows: 6), try Making.model("b", other)]
    let output = try union(models)
    let digests = Set([
      output.map(of: 0).digest, output.map(of: 1).digest, try union(models, multiple: 16).map(of: 0).digest,
    ])
    #expect(digests.count == 3)
  }
}
