internal import Documents

/// Vocabularies as they were before `tokenizer.json`.
extension TokenizerSource {
  /// GPT-2's two files.
  static func bytePairs(
    _ vocabulary: [UInt8], _ merges: [UInt8], _ model: String, _ settings: TokenizerSettings
  ) throws(ModelError) -> Tokenizer.Parts {
    let document = try ModelDocument.parse(vocabulary, file: "\(model)/vocab.json")
    var pieces = Vocabulary()
    for (spelling, token) in try document.members() {
      pieces.append(Array(spelling.utf8), token: try token.integer(in: 0...BytePairModel.largestToken))
    }
    pieces.index()
    let kind = try settings.bytePairKind
    let table = try table(of: merges, pieces, file: "\(model)/merges.txt")
    let bytePairs = BytePairModel(pieces, table, BytePairModel.Options())
    let prefix = try settings.addsPrefixSpace
    let spellings = kind == .roberta ? ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] : ["<|endoftext|>"]
    func token(_ text: String) -> Int? { pieces.token(Array(text.utf8)) }
    var parts = Tokenizer.Parts(
      normalizer: kind == .qwen2 ? .form(.composed) : nil,
      preTokenizer: try preTokenizer(kind, addsPrefixSpace: prefix, document), model: .bytePair(bytePairs),
      postProcessor: .nothing, decoder: .byteLevel,
      addedTokens: spellings.compactMap { text in
        token(text).map {
          AddedToken(id: $0, content: Array(text.utf8), stripsLeft: text == "<mask>", special: true)
        }
      })
    if kind == .roberta, let begin = token("<s>"), let end = token("</s>") {
      parts.postProcessor = .around(before: [begin], between: [end, end], after: [end])
    }
    return parts
  }

  private static func preTokenizer(
    _ kind: TokenizerSettings.BytePairKind, addsPrefixSpace: Bool, _ document: ModelValue
  ) throws(ModelError) -> PreTokenizer {
    do throws(TextPatternError) {
      guard kind == .qwen2 else {
        return .byteLevel(
          addsPrefixSpace: addsPrefixSpace, splitter: try TextPattern(PreTokenizer.byteLevelPattern))
      }
      return .sequence([
        .split(try TextPattern(WordScanner.qwen2Pattern), .isolated, inverted: false),
        .byteLevel(addsPrefixSpace: false, splitter: nil),
      ])
    } catch {
      throw document.failure("the built-in pattern cannot be used: \(error.message)")
    }
  }

  /// Reads lines of two pieces with a space between them, the one that is merged first in front.
  private static func table(
    of merges: [UInt8], _ pieces: Vocabulary, file: String
  ) throws(ModelError) -> MergeTable {
    var found: [(left: Int, right: Int, result: Int)] = []
    for (number, line) in lines(merges).enumerated() {
      if line.isEmpty || number == 0 && line.starts(with: "#version".utf8) { continue }
      let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2, let left = pieces.token(Array(parts[0])), let right = pieces.token(Array(parts[1])),
        let result = pieces.token(Array(parts[0] + parts[1]))
      else {
        throw ModelError.file(
          Diagnostic(
            .error, file: file, at: SourcePosition(byteOffset: line.startIndex, in: merges),
            "expected two pieces with one space between them, which are in the vocabulary as is what they make"),
          text: nil)
      }
      found.append((left, right, result))
    }
    let table = MergeTable(capacity: found.count)
    for (rank, merge) in found.enumerated() {
      table.insert(UInt32(merge.left), UInt32(merge.right), rank: UInt32(rank), result: UInt32(merge.result))
    }
    return table
  }

  /// BERT's list of pieces, one a line.
  static func wordPieces(
    _ bytes: [UInt8], _ file: String, _ settings: TokenizerSettings
  ) throws(ModelError) -> Tokenizer.Parts {
    func failure(_ message: String) -> ModelError { .file(Diagnostic(.error, file: file, message), text: nil) }
    guard bytes.withUnsafeBufferPointer(ByteText.isValid) else { throw failure("not valid UTF-8") }
    var pieces = Vocabulary()
    for (number, line) in lines(bytes).enumerated() { pieces.append(line, token: number) }
    pieces.index()
    func token(_ text: String) -> Int? { pieces.token(Array(text.utf8)) }
    guard let unknown = token("[UNK]"), let begin = token("[CLS]"), let end = token("[SEP]") else {
      throw failure("expected the pieces [UNK], [CLS] and [SEP], each on a line of its own")
    }
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return Tokenizer.Parts(
      normalizer: .bert(try settings.bertNormalizer), preTokenizer: .bert,
      model: .wordPiece(WordPieceModel(pieces, unknown: unknown)),
      postProcessor: .around(before: [begin], between: [end], after: [end], types: true),
      decoder: .wordPiece(prefix: Array("##".utf8), cleans: true),
      addedTokens: special.compactMap { text in
        token(text).map { AddedToken(id: $0, content: Array(text.utf8), special: true) }
      })
  }

  /// Lines without their ends; a line end at the end of the text begins no further line.
  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
