/// Whole words only.
final class WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: UInt32?

  init(_ value: ModelValue, _ document: TokenizerDocument) throws(ModelError) {
    vocabulary = try Vocabulary(reading: document.vocabularyEntries, of: value)
    unknown = vocabulary.token(Array((try value.string("unk_token") ?? "<unk>").utf8)).map(UInt32.init)
  }

  /// Adds the token of a word.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) throws(TextPatternError) {
    guard let token = vocabulary.token(word).map(UInt32.init) ?? unknown else {
      throw TextPatternError(
        message: "a word is not in the vocabulary, which has no token for unknown ones", offset: 0)
    }
    scratch.append(token)
  }
}
