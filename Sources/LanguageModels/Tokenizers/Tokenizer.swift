private import Synchronization

/// A tokenizer: BPE, WordPiece, Unigram or whole words, with everything around it.
///
/// A text is cut at added tokens, normalised, cut at added tokens that are looked for in normalised text, cut into
/// words, the words are encoded, and the post-processor puts special tokens around. Texts are handled as UTF-8 bytes
/// throughout.
public final class Tokenizer: TextTokenizer {
  private let normalizer: Normalizer?
  private let model: TokenModel
  private let words: WordSource
  private let postProcessor: PostProcessor?
  private let decoder: TokenDecoder?
  private let rawFinder: AddedTokenFinder
  private let normalizedFinder: AddedTokenFinder
  private let addedTokens: [[UInt8]: Int]
  /// What added tokens become in a text; those found in normalised text stay normalised.
  private let addedSpellings: [Int: (spelling: [UInt8], special: Bool)]
  private let scratches = Mutex<[EncodingScratch]>([])

  /// What a tokenizer is made of.
  struct Parts {
    var normalizer: Normalizer?
    var preTokenizer: PreTokenizer?
    var model: TokenModel
    var postProcessor: PostProcessor?
    var decoder: TokenDecoder?
    var addedTokens: [AddedToken] = []
  }

  /// Reads a tokenizer.
  ///
  /// - Parameters:
  ///   - bytes: the contents of `tokenizer.json`.
  ///   - file: the file's name for diagnostics.
  public convenience init(_ bytes: [UInt8], file: String = "tokenizer.json") throws(ModelError) {
    try self.init(try TokenizerDocument(bytes, file: file), specialTokens: nil)
  }

  /// Reads a tokenizer whose configuration may say which special tokens are added, instead of the post-processor.
  convenience init(_ document: TokenizerDocument, specialTokens: SpecialTokenRule?) throws(ModelError) {
    let root = document.root
    let normalizer = try root["normalizer"].map { (value) throws(ModelError) in try Normalizer(value) }
    let preTokenizer = try root["pre_tokenizer"].map { (value) throws(ModelError) in try PreTokenizer(value) }
    let decoder = try root["decoder"].map { (value) throws(ModelError) in try TokenDecoder(value) }
    let model = try TokenModel(document)
    var added: [AddedToken] = []
    for value in try root["added_tokens"]?.elements() ?? [] { added.append(try AddedToken(value)) }
    var parts = Parts(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, decoder: decoder, addedTokens: added)
    if specialTokens == nil {
      parts.postProcessor = try root["post_processor"].map { (value) throws(ModelError) in try PostProcessor(value) }
    }
    do throws(TextPatternError) {
      try self.init(parts, specialTokens: specialTokens)
    } catch {
      throw root.failure("normalizer: \(error.message)")
    }
  }

  /// Puts a tokenizer together.
  init(_ parts: Parts, specialTokens: SpecialTokenRule?) throws(TextPatternError) {
    normalizer = parts.normalizer
    model = parts.model
    words = WordSource(parts.preTokenizer, parts.model)
    decoder = parts.decoder

    let vocabulary = parts.model.vocabulary
    let classes = ScalarClasses()
    var raw: [(token: AddedToken, spelling: [UInt8])] = []
    var normalized: [(token: AddedToken, spelling: [UInt8])] = []
    var spellings: [Int: (spelling: [UInt8], special: Bool)] = [:]
    var numbers: [[UInt8]: Int] = [:]
    for var token in parts.addedTokens {
      // A token that is in the vocabulary keeps the number it has there.
      if let known = vocabulary.token(token.content) { token.id = known }
      var spelling = token.content
      if token.normalized {
        spelling = try parts.normalizer?.apply(token.content, classes) ?? token.content
        normalized.append((token, spelling))
      } else {
        raw.append((token, spelling))
      }
      spellings[token.id] = (spelling, token.special)
      numbers[token.content] = token.id
    }
    rawFinder = AddedTokenFinder(raw)
    normalizedFinder = AddedTokenFinder(normalized)
    addedSpellings = spellings
    addedTokens = numbers
    postProcessor = specialTokens.map { $0.processor { numbers[$0] ?? vocabulary.token($0) } } ?? parts.postProcessor
  }

  // MARK: Tokens by name

  /// The token with exactly this spelling, or nil.
  public func token(_ spelling: String) -> Int? {
    addedTokens[Array(spelling.utf8)] ?? model.vocabulary.token(Array(spelling.utf8))
  }

  // MARK: Encoding

  /// The tokens of a text.
  public func encode(_ text: String, addingSpecialTokens: Bool) throws -> [Int] {
    do throws(TextPatternError) {
      let tokens = try encode(text)
      return addingSpecialTokens ? postProcessor?.apply(tokens) ?? tokens : tokens
    } catch {
      throw ModelError.request(model: "tokenizer", message: error.message)
    }
  }

  /// The tokens of two texts that belong together, and for each token the number of its kind of text.
  public func encode(_ first: String, _ second: String) throws -> (tokens: [Int], types: [Int]) {
    do throws(TextPatternError) {
      return (postProcessor ?? .nothing).apply(try encode(first), try encode(second))
    } catch {
      throw ModelError.request(model: "tokenizer", message: error.message)
    }
  }

  private func encode(_ text: String) throws(TextPatternError) -> [Int] {
    let scratch = scratches.withLock { $0.popLast() } ?? EncodingScratch()
    defer {
      scratch.trim()
      scratches.withLock { $0.append(scratch) }
    }
    scratch.begin()
    var text = text
    let result: Result<[Int], TextPatternError> = text.withUTF8 { bytes in
      do throws(TextPatternError) {
        try encode(bytes, scratch)
        return .success(scratch.result)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func encode(_ text: UnsafeBufferPointer<UInt8>, _ scratch: EncodingScratch) throws(TextPatternError) {
    for part in rawFinder.parts(of: text) {
      switch part {
      case .token(let token): scratch.append(UInt32(truncatingIfNeeded: token))
      case .text(let range):
        let part = UnsafeBufferPointer(rebasing: text[range])
        guard let normalizer else {
          try encodeNormalized(part, keepsBeginning: true, scratch)
          continue
        }
        let normalized = try normalizer.apply(part, scratch.classes)
        var keepsBeginning = true
        if words.asksForBeginning, scratch.count == 0 {
          keepsBeginning = try normalizer.keepsBeginning(of: part, scratch.classes)
        }
        let outcome: Result<Void, TextPatternError> = normalized.withUnsafeBufferPointer { bytes in
          do throws(TextPatternError) {
            return .success(try encodeNormalized(bytes, keepsBeginning: keepsBeginning, scratch))
          } catch {
            return .failure(error)
          }
        }
        try outcome.get()
      }
    }
  }

  private func encodeNormalized(
    _ text: UnsafeBufferPointer<UInt8>, keepsBeginning: Bool, _ scratch: EncodingScratch
  ) throws(TextPatternError) {
    for part in normalizedFinder.parts(of: text) {
      switch part {
      case .token(let token): scratch.append(UInt32(truncatingIfNeeded: token))
      case .text(let range):
        try words.encode(
          UnsafeBufferPointer(rebasing: text[range]), beginsText: scratch.count == 0 && keepsBeginning, model,
          into: scratch)
      }
    }
  }

  // MARK: Decoding

  /// The text of tokens; numbers without a token are left out.
  public func decode(_ tokens: [Int], skippingSpecialTokens: Bool) -> String {
    var spellings: [[UInt8]] = []
    for token in tokens {
      if let added = addedSpellings[token] {
        if !(skippingSpecialTokens && added.special) { spellings.append(added.spelling) }
      } else if let spelling = model.vocabulary.spelling(of: token) {
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
