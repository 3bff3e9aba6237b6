internal import Documents

/// A pair of tokens that a BPE model merges into one.
struct MergePair: Hashable, Sendable {
  var left: TokenText
  var right: TokenText

  /// The token that the pair becomes.
  ///
  /// - Parameter prefix: what marks tokens that go on with a word; it is dropped from the right one.
  func merged(prefix: [UInt8]) -> TokenText { TokenText(left.bytes + right.bytes.dropFirst(prefix.count)) }

  /// The merges of a model, written as `"left right"` or as `["left", "right"]`.
  static func read(_ model: JSONNode, in file: TokenizerFile.Reading) throws(VocabularyError) -> [MergePair] {
    guard let nodes = model["merges"]?.array else { throw file.failure("the model has no merges", at: model) }
    var merges: [MergePair] = []
    merges.reserveCapacity(nodes.count)
    for node in nodes {
      if let text = node.string {
        // Pieces may hold any other white space, but no plain space.
        let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw file.failure("expected two pieces with one space between them", at: node) }
        merges.append(MergePair(left: TokenText(Array(parts[0])), right: TokenText(Array(parts[1]))))
      } else {
        guard let parts = node.array, parts.count == 2, let left = parts[0].string, let right = parts[1].string else {
          throw file.failure("expected a pair of pieces", at: node)
        }
        merges.append(MergePair(left: TokenText(left), right: TokenText(right)))
      }
    }
    return merges
  }

  /// The pair as JSON, or nil if the older form cannot say it.
  func json(asText: Bool) -> String? {
    guard asText else { return "[\(JSONEdit.quote(left.text)), \(JSONEdit.quote(right.text))]" }
    let space = UInt8(ascii: " ")
    guard !left.bytes.contains(space), !right.bytes.contains(space) else { return nil }
    return JSONEdit.quote(left.text + " " + right.text)
  }
}

extension TokenizerFile {
  /// What marks tokens of a BPE model that go on with a word.
  var continuingPrefix: [UInt8] { Array((root["model"]?["continuing_subword_prefix"]?.string ?? "").utf8) }

  /// What marks tokens of a BPE model that end a word.
  var wordSuffix: [UInt8] { Array((root["model"]?["end_of_word_suffix"]?.string ?? "").utf8) }

  /// Whether the model is of the same kind as another, so that tokens of one can be ordinary tokens of the other.
  func makesTokens(as other: TokenizerFile) -> Bool {
    kind == other.kind && continuingPrefix == other.continuingPrefix && wordSuffix == other.wordSuffix
  }
}
