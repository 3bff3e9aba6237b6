import BraidTesting
import Documents
import MergeSpecs
import Testing

/// What specs may say about tokenizers and chat templates, and the wording of all that they may not.
@Suite struct TokenizerSpecTests {
  private static let head =
    "merge_method: linear\nbase_model: a\nmodels:\n  - {model: b, parameters: {weight: 1}}\n"
    + "  - {model: a, parameters: {weight: 1}}\n"

  private func spec(_ rest: String) throws -> MergeSpec {
    let (spec, diagnostics) = MergeSpec.parse(Self.head + rest, file: "spec.yml")
    #expect(diagnostics.isEmpty, "\(diagnostics.map { $0.rendered(text: nil) })")
    return try #require(spec)
  }

  @Test func `the short form names a source`() throws {
    guard case .union = try spec("tokenizer_source: union").tokenizer?.source else {
      Issue.record("no union")
      return
    }
    guard case .base = try spec("tokenizer_source: base").tokenizer?.source else {
      Issue.record("no base")
      return
    }
    let named = try spec("tokenizer_source: c")
    guard case .model(let model) = named.tokenizer?.source else {
      Issue.record("no model")
      return
    }
    #expect(model.text == "c" && named.references.map(\.text) == ["a", "b", "c"])
    #expect(named.mergedReferences == ["a", "b"] && named.donor?.text == "a")
    #expect(try spec("tokenizer_source:").tokenizer == nil && spec("").tokenizer == nil)
  }

  @Test func `the long form says where rows come from, token by token`() throws {
    let tokenizer = try #require(
      try spec(
        """
        tokenizer:
          pad_to_multiple_of: 64
          tokens:
            <|im_start|>: {source: {kind: zero}}
            <|im_end|>: {source: b, force: true}
            "x y": {source: {kind: model_token, model: c, token: </s>}}
            z: {source: {kind: model_token, model: b, token_id: 7}, force: no}
            w: {force: yes}
            v:
        """
      ).tokenizer)
    guard case .union = tokenizer.source else {
      Issue.record("union is the default")
      return
    }
    #expect(tokenizer.multiple == 64)
    let tokens = tokenizer.tokens.map { token -> String in
      let source =
        switch token.source {
        case .zero: "zero"
        case .model(let model): model.text
        case .token(let model, let other): "\(model.text) \(other)"
        case .number(let model, let number): "\(model.text) \(number)"
        case nil: "-"
        }
      return "\(token.text): \(source)\(token.isForced ? ", forced" : "")"
    }
    #expect(
      tokens == ["<|im_start|>: zero", "<|im_end|>: b, forced", "x y: c </s>", "z: b 7", "w: -, forced", "v: -"])
    #expect(tokenizer.tokens[1].position == SourcePosition(line: 10, column: 26))
  }

  @Test func `chat templates go by a name or are written out`() throws {
    guard case .mostFrequent = try spec("chat_template: auto").chatTemplate?.source else {
      Issue.record("auto")
      return
    }
    guard case .text(let named) = try spec("chat_template: chatml").chatTemplate?.source else {
      Issue.record("no text")
      return
    }
    #expect(named.contains("<|im_start|>"))
    let literal = "{% for m in messages %}{{ m.content }}{% endfor %}"
    guard case .text(let text) = try spec("chat_template: \"\(literal)\"").chatTemplate?.source else {
      Issue.record("no text")
      return
    }
    #expect(text == literal)
    #expect(try spec("chat_template: ~").chatTemplate == nil)
  }

  @Test func `everything else is refused with its place`() throws {
    let cases = [
      "tokenizer_source: union\ntokenizer: {source: union}", "tokenizer_source: unoin", "tokenizer_source: Base",
      "tokenizer_source: [a]", "tokenizer: union", "tokenizer: [1]", "tokenizer: {sorce: union}",
      "tokenizer: {source: [1], pad_to_multiple_of: 0}", "tokenizer: {pad_to_multiple_of: many}",
      "tokenizer: {pad_to_multiple_of: 1.5}", "tokenizer: {tokens: [a]}", "tokenizer: {tokens: {a: b}}",
      "tokenizer: {tokens: {a: {sauce: b}}}", "tokenizer: {tokens: {a: {source: b, force: maybe}}}",
      "tokenizer: {tokens: {a: {source: {kind: zeros}}}}", "tokenizer: {tokens: {a: {source: {kind: [1]}}}}",
      "tokenizer: {tokens: {a: {source: {kind: model_token}}}}",
      "tokenizer: {tokens: {a: {source: {kind: model_token, model: b}}}}",
      "tokenizer: {tokens: {a: {source: {kind: model_token, model: b, token: x, token_id: 1}}}}",
      "tokenizer: {tokens: {a: {source: {kind: model_token, model: b, token_id: -1}}}}",
      "tokenizer: {tokens: {a: {source: {kind: model_token, model: b, token: []}}}}",
      "tokenizer: {tokens: {a: {source: {kind: zero, token: x, modle: y}}}}", "tokenizer: {tokens: {\"\": {}}}",
      "tokens: {a: {source: b}}", "pad_to_multiple_of: 8", "chat_template: chatmll", "chat_template: {a: b}",
      "chat_template: \"{{ x }}\"", "chat_template: \"{% for m in messages %}{{ m.content }\"",
      "chat_template: |\n  {% for m in messages %}\n  {{ m.content }}\n  {% endif %}",
    ]
    let texts = cases.map { text in
      let (_, diagnostics) = MergeSpec.parse(Self.head + text, file: "spec.yml")
      return text + "\n" + diagnostics.map { "  " + $0.rendered(text: nil) }.joined(separator: "\n")
    }
    for text in texts { #expect(text.contains(": error: "), "\(text)") }
    try Golden.expect(texts.joined(separator: "\n\n") + "\n", at: "tokenizer-diagnostics.txt")
    let baseless = "merge_method: passthrough\nmodels: [{model: a}]\ntokenizer_source: base\n"
    #expect(try SpecTesting.messages(baseless).count == 1)
  }

  @Test func `different vocabularies are refused with the key that would allow them`() throws {
    let models = try SpecTesting.tinyModels(["b": SpecTesting.tiny(vocabulary: 40)])
    let messages = try SpecTesting.messages(Self.head, models: models)
    #expect(messages.count == 1)
    #expect(messages[0].contains("add `tokenizer_source: union` to the spec"))
  }
}
