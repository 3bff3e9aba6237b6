internal import Documents

/// Writes the output's `tokenizer.json`: that of the origin with tokens and merges added, and every other byte as it was.
///
/// Merges of other models come behind those of the origin, and only such as make a token that the origin lacks. So a
/// word is encoded as by the origin unless a new token comes up in it; words in letters that the origin does not know
/// are encoded as by the model that knows them; and where a model's merges are the origin's and more, everything is
/// encoded as by that model.
struct TokenizerEdit {
  let vocabulary: OutputVocabulary
  private var origin: TokenizerFile { vocabulary.models[vocabulary.origin].file }

  init(_ vocabulary: OutputVocabulary) { self.vocabulary = vocabulary }

  /// The new text.
  func text() throws(VocabularyError) -> [UInt8] {
    let file = origin
    guard vocabulary.changesTokenizer else { return file.bytes }
    guard let model = file.root["model"], let list = model["vocab"] else { return file.bytes }
    var edits: [(range: Range<Int>, json: String)] = []
    let entries = try vocabularyEntries()
    if file.kind == .unigram {
      let pieces = entries.map { "[\(JSONEdit.quote($0.token.text)), \(score(of: $0))]" }
      if !pieces.isEmpty { edits.append(JSONEdit.insertion(elements: pieces, into: list, of: file.bytes)) }
    } else if !entries.isEmpty {
      let members = entries.map { (key: $0.token.text, json: "\($0.id)") }
      edits.append(JSONEdit.insertion(members: members, into: list, of: file.bytes))
    }
    if let merges = model["merges"], file.kind == .bytePairs {
      let added = self.merges(asText: isText(merges))
      if !added.isEmpty { edits.append(JSONEdit.insertion(elements: added, into: merges, of: file.bytes)) }
    }
    edits += addedTokens()
    return JSONEdit.replacing(edits, in: file.bytes)
  }

  // MARK: Vocabulary

  private typealias Entry = (token: TokenText, id: Int, model: Int)

  private func score(of entry: Entry) -> String {
    vocabulary.models[entry.model].file.scores[entry.token] ?? "0.0"
  }

  /// The tokens that the model's vocabulary gains.
  ///
  /// Programs number an added token that is not in the model's vocabulary by counting, whatever number stands beside it;
  /// where that would go wrong, added tokens get a place in the vocabulary, which settles it.
  private func vocabularyEntries() throws(VocabularyError) -> [Entry] {
    let new: [Entry] = vocabulary.newOrdinary
    let known = origin.ordinary
    let added = origin.added + vocabulary.newAdded
    let counted = known.count + new.count
    var largest = -1
    var isSettled = true
    for token in added {
      if known[token.text] == nil {
        isSettled = isSettled && token.id == (largest >= counted || counted == 0 ? largest + 1 : counted)
      }
      largest = max(largest, token.id)
    }
    if origin.kind == .unigram {
      // The place in the list is the number, so that new pieces must follow the old ones without a gap.
      guard isSettled, new.enumerated().allSatisfy({ $0.element.id == known.count + $0.offset }) else {
        throw VocabularyError(
          "the \(origin.kind.rawValue) tokenizer \(origin.name) cannot take new tokens: its added tokens follow its pieces",
          hint: "use `tokenizer_source: base`, or a model whose tokenizer is of another kind")
      }
      return new
    }
    guard !isSettled else { return new }
    return new + added.filter { known[$0.text] == nil }.map { ($0.text, $0.id, vocabulary.origin) }
  }

  // MARK: Merges

  /// Whether the file writes a merge as one text.
  private func isText(_ merges: JSONNode) -> Bool {
    if let first = merges.array?.first { return first.string != nil }
    let others = vocabulary.models.lazy.compactMap { $0.file.root["model"]?["merges"]?.array?.first }
    return others.first.map { $0.string != nil } ?? false
  }

  /// The merges that lead to new tokens, model by model in the order in which they were learnt.
  private func merges(asText: Bool) -> [String] {
    let prefix = origin.continuingPrefix
    var result: [String] = []
    for model in vocabulary.models.indices {
      let new = Set(vocabulary.newOrdinary.filter { $0.model == model }.map(\.token))
      guard !new.isEmpty else { continue }
      let ordinary = Set(vocabulary.newOrdinary.map(\.token))
      let isKnown = { (token: TokenText) in origin.ordinary[token] != nil || ordinary.contains(token) }
      for pair in vocabulary.models[model].file.merges
      where new.contains(pair.merged(prefix: prefix)) && isKnown(pair.left) && isKnown(pair.right) {
        if let json = pair.json(asText: asText) { result.append(json) }
      }
    }
    return result
  }

  // MARK: Added tokens

  private func addedTokens() -> [(range: Range<Int>, json: String)] {
    let elements = vocabulary.newAdded.map(\.json)
    guard !elements.isEmpty else { return [] }
    if let list = origin.root["added_tokens"], list.array != nil {
      return [JSONEdit.insertion(elements: elements, into: list, of: origin.bytes)]
    }
    let list = "[" + elements.joined(separator: ", ") + "]"
    if let present = origin.root["added_tokens"] { return [(present.range, list)] }
    return [JSONEdit.insertion(members: [("added_tokens", list)], into: origin.root, of: origin.bytes)]
  }
}

extension OutputVocabulary {
  /// The output's `tokenizer.json`.
  ///
  /// - Throws: if the origin's tokenizer is of a kind that cannot take these tokens.
  public func tokenizer() throws(VocabularyError) -> [UInt8] { try TokenizerEdit(self).text() }
}
