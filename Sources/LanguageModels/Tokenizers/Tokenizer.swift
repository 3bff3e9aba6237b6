private import Synchronization

/// A tokenizer read from `tokenizer.json`: BPE over bytes or over characters, with everything around it.
///
/// A text is cut at added tokens, normalised, cut at added tokens that are looked for in normalised text, cut into
/// words, the words are encoded, and the post-processor puts special tokens around. Texts are handled as UTF-8 bytes
/// throughout.
public final class Tokenizer: TextTokenizer {
  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer?
  private let model: BytePairModel
  private let postProcessor: PostProcessor?
  private let decoder: TokenDecoder?
  private let rawFinder: AddedTokenFinder
  private let normalizedFinder: AddedTokenFinder
  private let addedTokens: [[UInt8]: Int]
  /// What added tokens become in a text; those found in normalised text stay normalised.
  private let addedSpellings: [Int: (spelling: [UInt8], special: Bool)]
  private let words = Mutex<[[UInt8]: [Int]]>([:])

  /// The most words remembered with their tokens; longer words are not remembered.
  private static let rememberedWords = 1 << 15
  private static let longestRememberedWord = 64

  /// Reads a tokenizer.
  ///
  /// - Parameters:
  ///   - bytes: the contents of `tokenizer.json`.
  ///   - file: the file's name for diagnostics.
  public convenience init(_ bytes: [UInt8], file: String = "tokenizer.json") throws(ModelError) {
    try self.init(try ModelDocument.parse(bytes, file: file), specialTokens: nil)
  }

  /// Reads a tokenizer whose configuration may say which special tokens are added, instead of the post-processor.
  init(_ root: ModelValue, specialTokens: SpecialTokenRule?) throws(ModelError) {
    normalizer = try root["normalizer"].map { (value) throws(ModelError) in try Normalizer(value) }
    preTokenizer = try root["pre_tokenizer"].map { (value) throws(ModelError) in try PreTokenizer(value) }
    decoder = try root["decoder"].map { (value) throws(ModelError) in try TokenDecoder(value) }
    let model = try root.member("model")
    // Very old files have no type here, and are BPE if they have merges.
    if model["type"] != nil || model["merges"] == nil {
      let type = try model.member("type")
      guard try type.string() == "BPE" else {
        throw type.failure("the tokenizer model \"\(try type.string())\" is not supported", hint: "supported: BPE")
      }
    }
    self.model = try BytePairModel(model)

    var added: [AddedToken] = []
    for value in try root["added_tokens"]?.elements() ?? [] {
      var token = try AddedToken(value)
      // A token that is in the vocabulary keeps the number it has there.
      if let known = self.model.tokens[token.content] { token.id = known }
      added.append(token)
    }
    rawFinder = AddedTokenFinder(added.filter { !$0.normalized }.map { ($0, $0.content) })
    var normalized: [(token: AddedToken, spelling: [UInt8])] = []
    var spellings: [Int: (spelling: [UInt8], special: Bool)] = [:]
    for token in added {
      let spelling = token.normalized ? try Self.normalize(token.content, normalizer, root) : token.content
      if token.normalized { normalized.append((token, spelling)) }
      spellings[token.id] = (spelling, token.special)
    }
    addedSpellings = spellings
    normalizedFinder = AddedTokenFinder(normalized)
    addedTokens = Dictionary(added.map { ($0.content, $0.id) }, uniquingKeysWith: { _, last in last })

    if let specialTokens {
      let (numbers, vocabulary) = (addedTokens, self.model.tokens)
      postProcessor = specialTokens.processor { numbers[$0] ?? vocabulary[$0] }
    } else {
      postProcessor = try root["post_processor"].map { (value) throws(ModelError) in try PostProcessor(value) }
    }
  }

  private static func normalize(
    _ text: [UInt8], _ normalizer: Normalizer?, _ root: ModelValue
  ) throws(ModelError) -> [UInt8] {
    guard let normalizer else { return text }
    do throws(TextPatternError) {
      return try normalizer.apply(text)
    } catch {
      throw root.failure("normalizer: \(error.message)")
    }
  }

  // MARK: Tokens by name

  /// The token with exactly this spelling, or nil.
  public func token(_ spelling: String) -> Int? {
    addedTokens[Array(spelling.utf8)] ?? model.tokens[Array(spelling.utf8)]
  }

  // MARK: Encoding

  /// The tokens of a text.
  public func encode(_ text: String, addingSpecialTokens: Bool) throws -> [Int] {
    do throws(TextPatternError) {
      let tokens = try encodeText(Array(text.utf8))
      return addingSpecialTokens ? postProcessor?.apply(tokens) ?? tokens : tokens
    } catch {
      throw ModelError.request(model: "tokenizer", message: error.message)
    }
  }

  private func encodeText(_ text: [UInt8]) throws(TextPatternError) -> [Int] {
    var tokens: [Int] = []
    for part in text.withUnsafeBufferPointer(rawFinder.parts) {
      switch part {
      case .token(let token): tokens.append(token)
      case .text(let range):
        let normalized = try normalizer?.apply(Array(text[range])) ?? Array(text[range])
        for part in normalized.withUnsafeBufferPointer(normalizedFinder.parts) {
          switch part {
          case .token(let token): tokens.append(token)
          case .text(let range): try encodeWords(Array(normalized[range]), into: &tokens)
          }
        }
      }
    }
    return tokens
  }

  private func encodeWords(_ text: [UInt8], into tokens: inout [Int]) throws(TextPatternError) {
    var pieces = PieceText(text, beginsText: tokens.isEmpty)
    try preTokenizer?.apply(to: &pieces)
    for piece in pieces.pieces {
      let word = Array(pieces.bytes[piece])
      guard word.count <= Self.longestRememberedWord else {
        tokens += model.encode(word)
        continue
      }
      if let known = words.withLock({ $0[word] }) {
        tokens += known
        continue
      }
      let encoded = model.encode(word)
      words.withLock { words in
        if words.count >= Self.rememberedWords { words.removeAll(keepingCapacity: true) }
        words[word] = encoded
      }
      tokens += encoded
    }
  }

  // MARK: Decoding

  /// The text of tokens; numbers without a token are left out.
  public func decode(_ tokens: [Int], skippingSpecialTokens: Bool) -> String {
    var spellings: [[UInt8]] = []
    for token in tokens {
      if let added = addedSpellings[token] {
        if !(skippingSpecialTokens && added.special) { spellings.append(added.spelling) }
      } else if let spelling = model.spellings[token] {
        spellings.append(spelling)
      }
    }
    guard let decoder else {
      return String(decoding: Array(spellings.joined(separator: [UInt8(ascii: " ")])), as: UTF8.self)
    }
    return String(decoding: Array(decoder.apply(spellings).joined()), as: UTF8.self)
  }
}

/// Which special tokens a tokenizer's configuration wants around a text; it then replaces the post-processor.
struct SpecialTokenRule: Sendable {
  /// The begin token to add, if any.
  var begin: [UInt8]?
  /// The end token to add, if any.
  var end: [UInt8]?

  func processor(_ token: ([UInt8]) -> Int?) -> PostProcessor {
    .around(
      before: begin.flatMap(token).map { [$0] } ?? [], after: end.flatMap(token).map { [$0] } ?? [])
  }
}
