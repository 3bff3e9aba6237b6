internal import Documents

/// The files that describe a tokenizer beside its `tokenizer.json`.
public enum CompanionFiles {
  /// The tokenizer itself.
  public static let tokenizer = "tokenizer.json"
  /// Its settings.
  public static let settings = "tokenizer_config.json"
  /// Numbers of added tokens, in older folders.
  public static let addedTokens = "added_tokens.json"
  /// The chat template, where it is a file of its own.
  public static let template = "chat_template.jinja"

  /// The vocabulary in the form of programs that do not read `tokenizer.json`.
  public static let olderForms = [
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt", "merges.txt",
  ]
  /// Everything that goes with a tokenizer.
  public static let all =
    [tokenizer, settings, addedTokens, template, "special_tokens_map.json", "chat_template.json"] + olderForms
}

extension OutputVocabulary {
  /// The numbers in `tokenizer_config.json` brought up to date; nil if the text lists no tokens.
  public func settings(_ text: [UInt8]) throws(VocabularyError) -> [UInt8]? {
    try edit(text, name: CompanionFiles.settings) { root in
      guard let table = root["added_tokens_decoder"], let present = table.object else { return nil }
      let known = Set(present.map(\.key))
      return (table, newAdded.filter { !known.contains("\($0.id)") }.map { ("\($0.id)", $0.decoderJSON) })
    }
  }

  /// The numbers in `added_tokens.json` brought up to date.
  public func addedTokens(_ text: [UInt8]) throws(VocabularyError) -> [UInt8]? {
    try edit(text, name: CompanionFiles.addedTokens) { root in
      guard let present = root.object else { return nil }
      let known = Set(present.map { TokenText($0.key) })
      return (root, newAdded.filter { !known.contains($0.text) }.map { ($0.text.text, "\($0.id)") })
    }
  }

  private func edit(
    _ text: [UInt8], name: String, _ additions: (JSONNode) -> (JSONNode, [(key: String, json: String)])?
  ) throws(VocabularyError) -> [UInt8]? {
    do throws(JSONError) {
      guard let (table, members) = additions(try JSONParser.parse(text)), !members.isEmpty else { return nil }
      return JSONEdit.replacing([JSONEdit.insertion(members: members, into: table, of: text)], in: text)
    } catch {
      let place = SourcePosition(byteOffset: error.offset, in: text)
      throw VocabularyError("\(name), line \(place.line), column \(place.column): not valid JSON: \(error.message)")
    }
  }
}
