internal import Documents
internal import Vocabularies

extension SpecReader {
  /// Reads `tokenizer` or `tokenizer_source`.
  mutating func readTokenizer(_ fields: Fields, base: ModelReference?) -> TokenizerSpec? {
    let short = fields["tokenizer_source"].flatMap { $0.value.isNull ? nil : $0 }
    let long = fields["tokenizer"].flatMap { $0.value.isNull ? nil : $0 }
    if let short, let long {
      error(
        at: max(short, long).keyPosition, "tokenizer_source and tokenizer cannot both be given",
        hint: "`tokenizer: {source: …}` says what `tokenizer_source: …` says")
      return nil
    }
    if let short {
      return readSource(short, base: base).map { TokenizerSpec(source: $0, position: short.value.usePosition) }
    }
    guard let long else { return nil }
    guard let entries = long.value.mapping else {
      error(
        at: long.value.usePosition, "`tokenizer` is a mapping, not \(long.value.kind)",
        hint: long.value.text.map { "write `tokenizer_source: \($0)`" } ?? "keys: source, tokens, pad_to_multiple_of")
      return nil
    }
    checkKeys(entries, of: .tokenizer)
    let parts = Fields(entries)
    let source = parts["source"].flatMap { $0.value.isNull ? nil : $0 }
    let read = source.map { readSource($0, base: base) } ?? .union
    let multiple = parts["pad_to_multiple_of"].flatMap { readMultiple($0) }
    let tokens = parts["tokens"].map { readTokens($0) } ?? []
    return read.map {
      TokenizerSpec(
        source: $0, tokens: tokens, multiple: multiple, position: (source?.value ?? long.value).usePosition)
    }
  }

  private func max(_ a: SyntaxEntry, _ b: SyntaxEntry) -> SyntaxEntry {
    (a.keyPosition.line, a.keyPosition.column) > (b.keyPosition.line, b.keyPosition.column) ? a : b
  }

  private mutating func readSource(_ entry: SyntaxEntry, base: ModelReference?) -> TokenizerSpec.Source? {
    switch entry.value.text {
    case "union": return .union
    case "base":
      guard base != nil else {
        error(
          at: entry.value.usePosition, "\(entry.key) is base, but the spec has no base_model",
          hint: "add `base_model:`, or name the model whose tokenizer is wanted")
        return nil
      }
      return .base
    case let text?:
      // A model may have such a name, but hardly one so near to the two words.
      if let nearest = NearestName.of(text, in: ["union", "base"]), !text.contains("/") {
        error(
          at: entry.value.usePosition, "\(entry.key) cannot be \"\(text)\"",
          hint: "did you mean \(nearest)? A model of this name is written ./\(text)")
        return nil
      }
      return readReference(entry.value, of: entry.key).map { .model($0) }
    case nil:
      guard entry.value.mapping != nil else {
        error(
          at: entry.value.usePosition, "\(entry.key) is union, base or a model, not \(entry.value.kind)")
        return nil
      }
      return readReference(entry.value, of: entry.key).map { .model($0) }
    }
  }

  private mutating func readMultiple(_ entry: SyntaxEntry) -> Int? {
    if entry.value.isNull { return nil }
    let largest = TokenizerFile.largestToken
    guard let multiple = entry.value.scalar?.int, multiple >= 1, multiple <= largest else {
      error(
        at: entry.value.usePosition,
        "pad_to_multiple_of is a whole number from 1 on, but here is \(entry.value.kind)",
        hint: "64 or 128 are usual; without the key the padding stays as it is")
      return nil
    }
    return multiple
  }

  // MARK: Tokens

  private mutating func readTokens(_ entry: SyntaxEntry) -> [TokenizerSpec.Token] {
    if entry.value.isNull { return [] }
    guard let entries = entry.value.mapping else {
      error(
        at: entry.value.usePosition, "`tokens` is a mapping of tokens, not \(entry.value.kind)",
        hint: "write `\"<|im_end|>\": {source: MODEL}`")
      return []
    }
    return entries.compactMap { readToken($0) }
  }

  private mutating func readToken(_ entry: SyntaxEntry) -> TokenizerSpec.Token? {
    if entry.key.isEmpty {
      error(at: entry.keyPosition, "a token cannot be empty")
      return nil
    }
    if entry.value.isNull {
      return TokenizerSpec.Token(text: entry.key, source: nil, isForced: false, position: entry.keyPosition)
    }
    guard let members = entry.value.mapping else {
      error(
        at: entry.value.usePosition, "what is asked of a token is a mapping, not \(entry.value.kind)",
        hint: entry.value.text.map { "write `{source: \($0)}`" } ?? "keys: source, force")
      return nil
    }
    checkKeys(members, of: .token)
    let parts = Fields(members)
    var isForced = false
    if let force = parts["force"], !force.value.isNull {
      guard let flag = force.value.scalar?.bool else {
        error(at: force.value.usePosition, "force is true or false, but here is \(force.value.kind)")
        return nil
      }
      isForced = flag
    }
    guard let source = parts["source"], !source.value.isNull else {
      return TokenizerSpec.Token(text: entry.key, source: nil, isForced: isForced, position: entry.keyPosition)
    }
    return readRowSource(source).map {
      TokenizerSpec.Token(text: entry.key, source: $0, isForced: isForced, position: source.value.usePosition)
    }
  }

  private mutating func readRowSource(_ entry: SyntaxEntry) -> TokenizerSpec.RowSource? {
    guard let members = entry.value.mapping, let kind = Fields(members)["kind"] else {
      return readReference(entry.value, of: "source").map { .model($0) }
    }
    checkKeys(members, of: .tokenSource)
    let kinds = ["zero", "model_token"]
    let parts = Fields(members)
    switch kind.value.text {
    case "zero": return .zero
    case "model_token":
      guard let model = parts["model"] else {
        error(at: entry.value.usePosition, "the source of the token has no model", hint: "add `model:`")
        return nil
      }
      guard let reference = readReference(model.value, of: "model") else { return nil }
      return readModelToken(parts, of: reference, in: entry)
    default:
      let nearest = kind.value.text.flatMap { NearestName.of($0, in: kinds) }.map { "did you mean \($0)? " } ?? ""
      error(
        at: kind.value.usePosition, "the kind of a token's source cannot be \(kind.value.kind)",
        hint: nearest + "kinds: " + kinds.joined(separator: ", "))
      return nil
    }
  }

  private mutating func readModelToken(
    _ parts: Fields, of model: ModelReference, in entry: SyntaxEntry
  ) -> TokenizerSpec.RowSource? {
    let token = parts["token"].flatMap { $0.value.isNull ? nil : $0 }
    let number = parts["token_id"].flatMap { $0.value.isNull ? nil : $0 }
    switch (token, number) {
    case (let token?, nil):
      guard let text = token.value.text, !text.isEmpty else {
        error(at: token.value.usePosition, "token is the spelling of a token, not \(token.value.kind)")
        return nil
      }
      return .token(model, text)
    case (nil, let number?):
      guard let id = number.value.scalar?.int, id >= 0, id <= TokenizerFile.largestToken else {
        error(
          at: number.value.usePosition, "token_id is a whole number from 0 on, but here is \(number.value.kind)")
        return nil
      }
      return .number(model, id)
    case (nil, nil):
      error(at: entry.value.usePosition, "the source names no token of \(model.text)", hint: "add token: or token_id:")
    case (_?, let number?):
      error(at: number.keyPosition, "token and token_id cannot both be given", hint: "remove one of them")
    }
    return nil
  }

  // MARK: Chat template

  /// Reads `chat_template`.
  mutating func readChatTemplate(_ entry: SyntaxEntry) -> ChatTemplateSpec? {
    if entry.value.isNull { return nil }
    let position = entry.value.usePosition
    let names = ["auto"] + ChatTemplate.builtIn.map(\.name)
    let list = "names: " + names.joined(separator: ", ")
    guard let text = entry.value.text else {
      error(at: position, "chat_template is a name or a template, but here is \(entry.value.kind)", hint: list)
      return nil
    }
    if text == "auto" { return ChatTemplateSpec(source: .mostFrequent, position: position) }
    if let template = ChatTemplate.named(text) { return ChatTemplateSpec(source: .text(template), position: position) }
    guard text.utf8.contains(UInt8(ascii: "{")) else {
      let nearest = NearestName.of(text, in: names).map { "did you mean \($0)? " } ?? ""
      error(
        at: position, "there is no chat template \(PrintableText.quoted(text))",
        hint: nearest + list + ", or a template in Jinja, which has a { in it")
      return nil
    }
    guard text.unicodeScalars.count >= ChatTemplate.minimumLength else {
      error(
        at: position, "the chat template \(PrintableText.quoted(text)) is too short to be one",
        hint: "a template has at least \(ChatTemplate.minimumLength) characters")
      return nil
    }
    if let fault = ChatTemplate.fault(in: text) {
      error(
        at: position,
        "line \(fault.position.line), column \(fault.position.column) of the chat template: \(fault.message)")
      return nil
    }
    return ChatTemplateSpec(source: .text(text), position: position)
  }
}
