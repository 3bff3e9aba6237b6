internal import Documents

/// A tokenizer as GGUF metadata has it: byte-level BPE, or the byte-pair encoding of SentencePiece.
struct GGUFVocabulary {
  private enum Model {
    case none
    case bytePairs(GGUFPreTokenizer)
    case scoredPieces(addsSpacePrefix: Bool)
  }

  private let model: Model
  private var tokens: [String] = []
  private var types: [GGUFTokenizer.TokenType] = []
  private var scores: [Float] = []
  private var merges: [String] = []
  private var specialTokens: [(key: String, id: Int)] = []
  private var addsBegin = false
  private var addsEnd = false
  private let chatTemplate: String?

  /// The scores that llama.cpp's converter gives to added tokens and to rows of the embedding without a token.
  private static let addedScore: Float = -1000
  private static let unusedScore: Float = -10_000

  /// Reads the documents of a tokenizer; without one, the file says that it has no vocabulary.
  ///
  /// - Parameters:
  ///   - settings: the model's `config.json`.
  ///   - size: how many tokens the embedding has.
  init(_ files: TokenizerFiles, model settings: JSONNode?, size: Int) throws(CheckpointError) {
    chatTemplate = files.chatTemplate ?? files.configuration?["chat_template"]?.string
    guard files.tokenizer != nil || files.sentencePiece != nil else {
      model = .none
      return
    }
    let layout = try files.tokenizer.map { (node) throws(CheckpointError) in try GGUFTokenizerLayout(node) }
    var pieces: SentencePieceDocument?
    switch layout {
    case .bytePairs(let way)?: model = .bytePairs(way)
    case let layout:
      pieces = try Self.pieces(files, isAlone: layout == nil)
      if case .scoredPieces(let addsSpacePrefix)? = layout {
        model = .scoredPieces(addsSpacePrefix: addsSpacePrefix)
      } else {
        model = .scoredPieces(addsSpacePrefix: pieces?.normalizer.addsPrefix ?? true)
      }
    }
    try readTokens(files, pieces, size: size)
    try readMerges(files.tokenizer, pieces)
    readSpecialTokens(files, pieces, settings)
    let template = Self.template(files.tokenizer?["post_processor"])
    func adds(_ key: String, _ piece: JSONNode?, byDefault: Bool) -> Bool {
      files.configuration?[key]?.bool ?? (template == nil ? byDefault : piece?["SpecialToken"] != nil)
    }
    addsBegin = adds("add_bos_token", template?.first, byDefault: files.tokenizer == nil)
    addsEnd = adds("add_eos_token", template?.last, byDefault: false)
  }

  /// The SentencePiece model, if there is one of the kind that llama.cpp calls `llama`.
  ///
  /// - Parameter isAlone: whether no `tokenizer.json` says how texts become tokens.
  private static func pieces(
    _ files: TokenizerFiles, isAlone: Bool
  ) throws(CheckpointError) -> SentencePieceDocument? {
    guard let bytes = files.sentencePiece else { return nil }
    let model: SentencePieceDocument
    do throws(ProtobufError) {
      model = try SentencePieceDocument(bytes)
    } catch {
      throw CheckpointError(
        FormatError(
          file: SentencePieceDocument.name, format: "SentencePiece", offset: error.offset, found: error.found,
          expected: error.expected))
    }
    guard isAlone else {
      return model.kind == .bytePairs && agrees(model, with: files.tokenizer) ? model : nil
    }
    guard model.kind == .bytePairs, model.normalizer.characters == nil,
      !model.normalizer.removesExtraSpaces
    else {
      throw GGUFModelSettings.refusal(
        "tokenizer.model is no byte-pair model that keeps texts as they are",
        hint: "Unigram models and normalised texts have no place in a GGUF file that llama.cpp would read alike")
    }
    return model
  }

  /// Whether pieces have the numbers that a tokenizer gives them; it may be another one since a vocabulary was merged.
  private static func agrees(_ model: SentencePieceDocument, with tokenizer: JSONNode?) -> Bool {
    var numbers: [[UInt8]: Int] = [:]
    for member in tokenizer?["model"]?["vocab"]?.object ?? [] { numbers[Array(member.key.utf8)] = member.node.int }
    return model.pieces.enumerated().allSatisfy { id, piece in piece.type != .normal || numbers[piece.text] == id }
  }

  // MARK: Tokens

  private mutating func readTokens(
    _ files: TokenizerFiles, _ pieces: SentencePieceDocument?, size: Int
  ) throws(CheckpointError) {
    var spellings: [Int: (text: String, type: GGUFTokenizer.TokenType)] = [:]
    let unknown = files.tokenizer?["model"]?["unk_token"]?.string
    for member in files.tokenizer?["model"]?["vocab"]?.object ?? [] {
      guard let id = member.node.int else { continue }
      let type = type(ofPiece: member.key, unknown: unknown)
      // Gemma's tokenizers have a second spelling, a tab, for the token of that byte.
      if spellings[id]?.type != .byte { spellings[id] = (member.key, type) }
    }
    for (id, piece) in (pieces?.pieces ?? []).enumerated() {
      spellings[id] = (String(decoding: piece.text, as: UTF8.self), piece.type.ofGGUF)
    }
    for token in Self.addedTokens(files) {
      let type: GGUFTokenizer.TokenType =
        token.text == unknown || spellings[token.id]?.type == .unknown
        ? .unknown : token.isSpecial || Self.looksSpecial(token.text) ? .control : .userDefined
      spellings[token.id] = (type == .userDefined ? spacesShown(token.text) : token.text, type)
    }
    guard let last = spellings.keys.max(), last < size, let first = spellings.keys.min(), first >= 0 else {
      throw GGUFModelSettings.refusal("the tokenizer has more tokens than the embedding, which has \(size)")
    }
    for id in 0..<size {
      let (text, type) = spellings[id] ?? ("[PAD\(id)]", .unused)
      tokens.append(text)
      types.append(type)
    }
    guard case .scoredPieces = model else { return }
    // llama.cpp stops at a character without a token unless all bytes have one.
    let texts = Set(tokens)
    guard (0..<256).allSatisfy({ texts.contains(Self.spelling(of: $0)) }) else {
      throw GGUFModelSettings.refusal("the tokenizer lacks tokens for some bytes, without which llama.cpp fails")
    }
  }

  private func type(ofPiece text: String, unknown: String?) -> GGUFTokenizer.TokenType {
    guard case .scoredPieces = model else { return .normal }
    if text == unknown { return .unknown }
    return text.utf8.count == 6 && text.hasPrefix("<0x") && text.hasSuffix(">") ? .byte : .normal
  }

  /// Spaces as they are in a text: llama.cpp looks for user-defined tokens before it writes spaces as signs.
  private func spacesShown(_ text: String) -> String {
    guard case .scoredPieces = model else { return text }
    return text.replacingSpaceSigns
  }

  private static func spelling(of byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
  }

  private static func addedTokens(_ files: TokenizerFiles) -> [(id: Int, text: String, isSpecial: Bool)] {
    func token(_ id: Int?, _ node: JSONNode) -> (id: Int, text: String, isSpecial: Bool)? {
      guard let id, let text = node["content"]?.string else { return nil }
      return (id, text, node["special"]?.bool == true)
    }
    if let tokens = files.tokenizer?["added_tokens"]?.array { return tokens.compactMap { token($0["id"]?.int, $0) } }
    return (files.configuration?["added_tokens_decoder"]?.object ?? []).compactMap { token(Int($0.key), $0.node) }
  }

  /// Whether llama.cpp's converter takes a token for a special one even if the tokenizer does not say so.
  private static func looksSpecial(_ text: String) -> Bool {
    ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text) || text.hasPrefix("<|") && text.hasSuffix("|>")
      || text.hasPrefix("<｜") && text.hasSuffix("｜>") || text.hasPrefix("<unused") && text.hasSuffix(">")
  }

  // MARK: Merges and scores

  private mutating func readMerges(_ tokenizer: JSONNode?, _ pieces: SentencePieceDocument?) throws(CheckpointError) {
    var pairs: [(left: String, right: String)] = []
    for merge in tokenizer?["model"]?["merges"]?.array ?? [] {
      // By its bytes, because a mark that combines with the space would hide it.
      let parts =
        merge.string.map { text in
          text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { String($0) ?? "" }
        } ?? merge.array.map { $0.compactMap(\.string) } ?? []
      guard parts.count == 2 else {
        throw GGUFModelSettings.refusal("tokenizer.json has a merge that is not two pieces")
      }
      pairs.append((parts[0], parts[1]))
    }
    guard case .scoredPieces = model else {
      merges = pairs.map { $0.left + " " + $0.right }
      return
    }
    if let pieces {
      scores = tokens.indices.map { $0 < pieces.pieces.count ? pieces.pieces[$0].score : Self.unusedScore }
    } else {
      let types = types
      scores =
        try PieceScores(
          of: pairs.map { (Array($0.left.utf8), Array($0.right.utf8)) }, pieces: tokens.map { Array($0.utf8) },
          where: { types[$0] == .normal }
        ).scores
    }
    for (id, type) in types.enumerated() where id >= pieces?.pieces.count ?? 0 {
      switch type {
      case .normal: continue
      case .unknown, .byte: scores[id] = 0
      case .control, .userDefined: scores[id] = Self.addedScore
      case .unused: scores[id] = Self.unusedScore
      }
    }
  }

  // MARK: Special tokens

  private mutating func readSpecialTokens(
    _ files: TokenizerFiles, _ pieces: SentencePieceDocument?, _ settings: JSONNode?
  ) {
    let numbers = Dictionary(tokens.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    for (name, key, piece) in [
      ("bos", "bos", pieces?.begin), ("eos", "eos", pieces?.end), ("unk", "unknown", pieces?.unknown),
      ("pad", "padding", pieces?.padding),
    ] {
      let token = files.configuration?[name + "_token"]
      let number = settings?[name + "_token_id"]
      let named =
        token?.string ?? token?["content"]?.string
        ?? (name == "unk" ? files.tokenizer?["model"]?["unk_token"]?.string : nil)
      let id = named.flatMap { numbers[$0] } ?? number?.int ?? number?.array?.first?.int ?? piece
      if let id, tokens.indices.contains(id) { specialTokens.append(("tokenizer.ggml.\(key)_token_id", id)) }
    }
  }

  /// The pieces of the template that a post-processor puts around a text, or nil if there is none.
  private static func template(_ processor: JSONNode?) -> [JSONNode]? {
    let candidates = [processor].compactMap { $0 } + (processor?["processors"]?.array ?? [])
    return candidates.first { $0["type"]?.string == "TemplateProcessing" }?["single"]?.array
  }

  /// Writes everything, in the order of llama.cpp's converter.
  func write(to writer: inout GGUFHeaderWriter) {
    switch model {
    case .none: writer.add("tokenizer.ggml.model", "none")
    case .bytePairs(let way):
      writer.add("tokenizer.ggml.model", GGUFTokenizer.Model.bytePairs.rawValue)
      writer.add("tokenizer.ggml.pre", way.names[0])
      writer.add("tokenizer.ggml.tokens", tokens)
      writer.add("tokenizer.ggml.token_type", types.map { Int32($0.rawValue) })
      writer.add("tokenizer.ggml.merges", merges)
    case .scoredPieces:
      writer.add("tokenizer.ggml.model", GGUFTokenizer.Model.scoredPieces.rawValue)
      writer.add("tokenizer.ggml.pre", "default")
      writer.add("tokenizer.ggml.tokens", tokens)
      writer.add("tokenizer.ggml.scores", scores)
      writer.add("tokenizer.ggml.token_type", types.map { Int32($0.rawValue) })
    }
    if !tokens.isEmpty {
      for (key, id) in specialTokens { writer.add(key, UInt32(id)) }
      writer.add("tokenizer.ggml.add_bos_token", addsBegin)
      writer.add("tokenizer.ggml.add_eos_token", addsEnd)
    }
    if case .scoredPieces(let addsSpacePrefix) = model {
      writer.add("tokenizer.ggml.add_space_prefix", addsSpacePrefix)
    }
    if let chatTemplate { writer.add("tokenizer.chat_template", chatTemplate) }
  }
}

extension String {
  /// The text with SentencePiece's signs for spaces as spaces.
  fileprivate var replacingSpaceSigns: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\u{2581}" ? " " : $0 }))
  }
}

extension SentencePieceDocument.PieceType {
  /// The type in a GGUF file, whose numbers are SentencePiece's.
  fileprivate var ofGGUF: GGUFTokenizer.TokenType {
    switch self {
    case .normal: .normal
    case .unknown: .unknown
    case .control: .control
    case .userDefined: .userDefined
    case .unused: .unused
    case .byte: .byte
    }
  }
}
