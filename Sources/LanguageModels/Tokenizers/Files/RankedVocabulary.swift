internal import Documents

/// Byte pairs as tiktoken has them: tokens with ranks, and no list of merges.
///
/// Neighbours are joined whose union is the token of the lowest rank. So every way of cutting a token into two tokens
/// is a merge of that rank. Mistral's `tekken.json` holds such a vocabulary with its pattern and special tokens; a
/// `*.tiktoken` file has the tokens alone.
struct RankedVocabulary {
  /// The bytes of each token, by rank.
  private(set) var tokens: [[UInt8]]
  /// By what texts are cut into words.
  private let pattern: String
  /// The number of the token of rank zero.
  private let offset: Int
  /// Tokens that are found in texts as they are written.
  private let special: [AddedToken]
  /// The token put before texts.
  private let begin: Int?
  private let file: String

  /// Mistral's file of a tokenizer.
  static let tekkenName = "tekken.json"

  /// The longest sum of the squares of the tokens' sizes; it bounds the work of finding merges.
  private static let maximumWork = 1 << 26
  private static let maximumTokens = 1 << 22

  // MARK: tekken.json

  init(tekken bytes: [UInt8], file: String) throws(ModelError) {
    let document = try ModelDocument.parse(bytes, file: file)
    let config = try document.member("config")
    let size = try config.integer("default_vocab_size", in: 1...Self.maximumTokens)
    let specialCount = try config.integer("default_num_special_tokens", in: 0...size)
    let entries = try document.member("vocab")
    var tokens: [[UInt8]] = []
    for entry in try entries.elements().prefix(size - specialCount) {
      guard try entry.integer("rank", in: 0...Self.maximumTokens) == tokens.count else {
        throw entry.failure("expected the rank \(tokens.count)")
      }
      let spelling = try entry.member("token_bytes")
      guard let bytes = Base64.decoded(try spelling.string()) else { throw spelling.failure("expected base64") }
      tokens.append(bytes)
    }
    var special: [AddedToken] = []
    for entry in try document["special_tokens"]?.elements() ?? [] {
      special.append(
        AddedToken(
          id: try entry.integer("rank", in: 0...max(0, specialCount - 1)),
          content: Array(try entry.member("token_str").string().utf8), special: true))
    }
    if document["special_tokens"] == nil {
      special = Self.firstTekken.prefix(specialCount).enumerated().map { id, text in
        AddedToken(id: id, content: Array(text.utf8), special: true)
      }
    }
    self.tokens = tokens
    self.file = file
    self.special = special
    pattern = try config.member("pattern").string()
    offset = specialCount
    begin = special.first { $0.content == Array("<s>".utf8) }?.id
    try checkBytes()
  }

  /// The special tokens of files that do not list them, the first of Mistral's.
  private static let firstTekken = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
  ]

  // MARK: *.tiktoken

  /// A known vocabulary of lines with a token in base64 and its rank, without a pattern of its own.
  enum Kind: String, CaseIterable {
    case qwen = "qwen.tiktoken"
    case cl100k = "cl100k_base.tiktoken"
    case o200k = "o200k_base.tiktoken"
    /// Llama 3 as Meta publishes it: the name is that of SentencePiece's files.
    case llama3 = "tokenizer.model"

    fileprivate var pattern: String {
      switch self {
      case .qwen: WordScanner.qwen2Pattern
      case .cl100k, .llama3: WordScanner.llama3Pattern
      case .o200k: WordScanner.o200kPattern
      }
    }

    /// The special tokens, by how far they are behind the last rank.
    fileprivate var special: [(place: Int, text: String)] {
      switch self {
      case .qwen: return [(0, "<|endoftext|>"), (1, "<|im_start|>"), (2, "<|im_end|>")]
      case .cl100k:
        return [
          (1, "<|endoftext|>"), (2, "<|fim_prefix|>"), (3, "<|fim_middle|>"), (4, "<|fim_suffix|>"),
          (20, "<|endofprompt|>"),
        ]
      case .o200k: return [(1, "<|endoftext|>"), (20, "<|endofprompt|>")]
      case .llama3:
        return [
          (0, "<|begin_of_text|>"), (1, "<|end_of_text|>"), (4, "<|finetune_right_pad_id|>"),
          (6, "<|start_header_id|>"), (7, "<|end_header_id|>"), (8, "<|eom_id|>"), (9, "<|eot_id|>"),
          (10, "<|python_tag|>"),
        ]
      }
    }
  }

  /// Whether a file has lines of tiktoken: the first one is base64 and the rank of it.
  static func recognizes(_ bytes: [UInt8]) -> Bool {
    guard let line = bytes.prefix(1 << 12).split(separator: UInt8(ascii: "\n")).first else { return false }
    return entry(line) != nil
  }

  /// The bytes of a token and its rank.
  private static func entry(_ line: ArraySlice<UInt8>) -> (bytes: [UInt8], rank: Int)? {
    let parts = (line.last == UInt8(ascii: "\r") ? line.dropLast() : line).split(
      separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2, let bytes = Base64.decoded(String(decoding: parts[0], as: UTF8.self)), !bytes.isEmpty,
      let rank = Int(String(decoding: parts[1], as: UTF8.self))
    else { return nil }
    return (bytes, rank)
  }

  init(lines bytes: [UInt8], kind: Kind, file: String) throws(ModelError) {
    var tokens: [[UInt8]] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let entry = Self.entry(line), entry.rank == tokens.count, tokens.count < Self.maximumTokens else {
        let place = SourcePosition(byteOffset: line.startIndex, in: bytes)
        throw ModelError.file(
          Diagnostic(
            .error, file: file, at: place, "expected a token in base64, a space, and the rank \(tokens.count)"),
          text: nil)
      }
      tokens.append(entry.bytes)
    }
    self.tokens = tokens
    self.file = file
    pattern = kind.pattern
    offset = 0
    let end = tokens.count
    special = kind.special.map { place, text in
      AddedToken(id: end + place, content: Array(text.utf8), special: true)
    }
    begin = kind == .llama3 ? end : nil
    try checkBytes()
  }

  private func failure(_ message: String) -> ModelError {
    .file(Diagnostic(.error, file: file, message), text: nil)
  }

  /// Every text must have tokens, and finding merges must end soon.
  private func checkBytes() throws(ModelError) {
    guard Set(tokens.lazy.filter { $0.count == 1 }).count == 256 else {
      throw failure("expected a token for every byte")
    }
    var work = 0
    for token in tokens {
      work += min(token.count, Self.maximumWork) * min(token.count, Self.maximumWork)
      guard !token.isEmpty, work <= Self.maximumWork else { throw failure("a token is empty, or tokens are too long") }
    }
  }

  // MARK: The tokenizer

  /// The parts of a tokenizer.
  func parts() throws(ModelError) -> Tokenizer.Parts {
    var raw = Vocabulary()
    var spelled = Vocabulary()
    for (rank, token) in tokens.enumerated() {
      raw.append(token, token: offset + rank)
      var spelling: [UInt8] = []
      token.withUnsafeBufferPointer { ByteAlphabet.append($0, to: &spelling) }
      spelled.append(spelling, token: offset + rank)
    }
    raw.index()
    spelled.index()
    var options = BytePairModel.Options()
    options.prefersWholeWords = true
    let preTokenizer: PreTokenizer
    do throws(TextPatternError) {
      preTokenizer = .sequence([
        .split(try TextPattern(pattern), .isolated, inverted: false), .byteLevel(addsPrefixSpace: false, splitter: nil),
      ])
    } catch {
      throw failure("the pattern cannot be used: \(error.message)")
    }
    return Tokenizer.Parts(
      preTokenizer: preTokenizer, model: .bytePair(BytePairModel(spelled, merges(raw), options)),
      postProcessor: begin.map { .around(before: [$0], between: [$0], after: []) } ?? .nothing, decoder: .byteLevel,
      addedTokens: special)
  }

  private func merges(_ raw: Vocabulary) -> MergeTable {
    var found: [(left: UInt32, right: UInt32, rank: UInt32)] = []
    for (rank, token) in tokens.enumerated() where token.count > 1 {
      token.withUnsafeBufferPointer { token in
        for cut in 1..<token.count {
          guard let left = raw.token(UnsafeBufferPointer(rebasing: token[..<cut])),
            let right = raw.token(UnsafeBufferPointer(rebasing: token[cut...]))
          else { continue }
          found.append((UInt32(left), UInt32(right), UInt32(rank)))
        }
      }
    }
    let table = MergeTable(capacity: found.count)
    for merge in found {
      table.insert(merge.left, merge.right, rank: merge.rank, result: merge.rank + UInt32(offset))
    }
    return table
  }
}
