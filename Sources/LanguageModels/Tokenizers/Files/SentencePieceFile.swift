internal import Documents

/// A `tokenizer.model`: the pieces of a SentencePiece model with their scores, and what it does to texts.
///
/// Fields and their numbers are those of `sentencepiece_model.proto`.
struct SentencePieceFile {
  /// What a piece is for.
  enum PieceType: UInt64 {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// A piece of text with its score and its type.
  struct Piece {
    var text: [UInt8] = []
    var score: Float = 0
    var type = PieceType.normal
  }

  /// The ways of cutting a text into pieces.
  enum Kind: UInt64 {
    case unigram = 1
    case bytePairs, words, characters
  }

  private(set) var pieces: [Piece] = []
  private(set) var kind = Kind.unigram
  private(set) var fallsBackToBytes = false
  /// The numbers of special tokens; nil where the model has none.
  private(set) var unknown: Int? = 0
  private(set) var begin: Int? = 1
  private(set) var end: Int? = 2
  private(set) var normalizer = SentencePieceNormalizer()
  private var putsSpacesBehind = false
  private let file: String

  static let name = "tokenizer.model"
  /// The largest published one, Gemma's, has 5 MB and 262 144 pieces.
  static let maximumBytes = 64 << 20
  static let maximumPieces = 1 << 21
  /// The most bytes of all pieces together; Gemma's have 2 MB.
  static let maximumText = 1 << 23

  init(_ bytes: [UInt8], file: String) throws(ModelError) {
    self.file = file
    guard bytes.count <= Self.maximumBytes else {
      throw failure("\(bytes.count) bytes are too many; expected at most \(Self.maximumBytes)")
    }
    let result: Result<Void, ModelError> = bytes.withUnsafeBytes { bytes in
      do {
        try read(ProtobufReader(bytes), bytes)
        return .success(())
      } catch let error as ProtobufError {
        let expected = error.expected.map { "; expected \($0)" } ?? ""
        return .failure(failure("byte \(error.offset): found \(error.found)\(expected)"))
      } catch let error as ModelError {
        return .failure(error)
      } catch {
        return .failure(failure("\(error)"))
      }
    }
    try result.get()
    guard !pieces.isEmpty else { throw failure("no pieces; expected a SentencePiece model with a vocabulary") }
    guard kind == .unigram || kind == .bytePairs else {
      throw failure("models of \(kind) are not supported", "supported: unigram and byte-pair models")
    }
    guard !putsSpacesBehind else { throw failure("spaces behind words (treat_whitespace_as_suffix) are not supported") }
    for token in [unknown, begin, end] where token.map({ $0 >= pieces.count }) ?? false {
      // Models without begin or end tokens often keep the numbers that these have by default.
      if token == unknown { unknown = nil }
      if token == begin { begin = nil }
      if token == end { end = nil }
    }
  }

  private func failure(_ message: String, _ hint: String? = nil) -> ModelError {
    .file(Diagnostic(.error, file: file, message, hint: hint), text: nil)
  }

  private mutating func read(_ message: ProtobufReader, _ bytes: UnsafeRawBufferPointer) throws {
    var fields = message
    var text = 0
    while let (number, value) = try fields.next() {
      guard case .bytes(let range) = value else { continue }
      let inner = fields.message(at: range)
      switch number {
      case 1:
        guard pieces.count < Self.maximumPieces else { throw failure("more than \(Self.maximumPieces) pieces") }
        let piece = try piece(inner, at: range.lowerBound, bytes)
        text += piece.text.count
        guard text <= Self.maximumText else { throw failure("the pieces have more than \(Self.maximumText) bytes") }
        pieces.append(piece)
      case 2: try readTraining(inner)
      case 3: try readNormalizer(inner, bytes)
      default: continue
      }
    }
  }

  private func piece(_ message: ProtobufReader, at place: Int, _ bytes: UnsafeRawBufferPointer) throws -> Piece {
    var piece = Piece()
    var fields = message
    while let (number, value) = try fields.next() {
      switch (number, value) {
      case (1, .bytes(let range)): piece.text = Array(bytes[range])
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let type)):
        guard let type = PieceType(rawValue: type) else {
          throw failure("byte \(place): found a piece of the type \(type); expected a number from 1 to 6")
        }
        piece.type = type
      default: continue
      }
    }
    guard piece.score.isFinite else { throw failure("byte \(place): found a score that is no number") }
    guard piece.text.withUnsafeBufferPointer(ByteText.isValid) else {
      throw failure("byte \(place): found a piece that is not UTF-8")
    }
    return piece
  }

  private mutating func readTraining(_ message: ProtobufReader) throws {
    var fields = message
    while let (number, value) = try fields.next() {
      guard case .number(let bits) = value else { continue }
      // The numbers are signed ones of 32 bits; a negative one means that there is no such token.
      let number32 = Int(Int32(truncatingIfNeeded: bits))
      let token = number32 < 0 ? nil : number32
      switch number {
      case 3:
        guard let kind = Kind(rawValue: bits) else {
          throw failure("byte \(fields.offset): found a model of the type \(bits); expected a number from 1 to 4")
        }
        self.kind = kind
      case 24: putsSpacesBehind = bits != 0
      case 35: fallsBackToBytes = bits != 0
      case 40: unknown = token
      case 41: begin = token
      case 42: end = token
      default: continue
      }
    }
  }

  private mutating func readNormalizer(_ message: ProtobufReader, _ bytes: UnsafeRawBufferPointer) throws {
    var fields = message
    while let (number, value) = try fields.next() {
      switch (number, value) {
      case (2, .bytes(let range)) where !range.isEmpty:
        guard let map = CharacterMap(bytes[range]) else {
          throw failure(
            "byte \(range.lowerBound): found a map of characters whose size does not fit or that is not UTF-8")
        }
        normalizer.characters = map
      case (3, .number(let flag)): normalizer.addsPrefix = flag != 0
      case (4, .number(let flag)): normalizer.removesExtraSpaces = flag != 0
      case (5, .number(let flag)): normalizer.escapesSpaces = flag != 0
      default: continue
      }
    }
  }
}
