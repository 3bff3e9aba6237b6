internal import Documents

/// A `tokenizer.model`: the pieces of a SentencePiece model, and how it treats spaces.
///
/// Fields and their numbers are those of `sentencepiece_model.proto`.
struct SentencePieceModel {
  /// A piece of text with its score and its type.
  struct Piece: Equatable {
    var text: [UInt8]
    var score: Float
    var type: GGUFTokenizer.TokenType
  }

  /// The ways of cutting a text into pieces.
  enum Kind: UInt64 {
    case unigram = 1
    case bytePairs, words, characters
  }

  private(set) var pieces: [Piece] = []
  private(set) var kind = Kind.unigram
  /// Whether texts begin with a space that is not in them.
  private(set) var addsSpacePrefix = true
  /// Whether several spaces become one.
  private(set) var removesExtraSpaces = true
  /// Whether characters are replaced by others before anything else happens.
  private(set) var replacesCharacters = false
  /// The numbers of special tokens; nil where the model has none.
  private(set) var unknown: Int? = 0
  private(set) var begin: Int? = 1
  private(set) var end: Int? = 2
  private(set) var padding: Int?

  static let format = "SentencePiece"
  static let fileName = "tokenizer.model"
  /// The largest published one, Gemma's, has 5 MB and 262 144 pieces.
  static let maximumBytes = 64 << 20
  static let maximumPieces = 1 << 21

  /// Reads the contents of the file.
  init(_ bytes: [UInt8], file: String) throws(FormatError) {
    let whole = { (found: String, expected: String) in
      FormatError(file: file, format: Self.format, found: found, expected: expected)
    }
    guard bytes.count <= Self.maximumBytes else {
      throw whole("\(bytes.count) bytes", "at most \(Self.maximumBytes)")
    }
    let result: Result<Void, FormatError> = bytes.withUnsafeBytes { bytes in
      do throws(FormatError) {
        return .success(try read(ProtobufFields(bytes, format: Self.format, file: file), bytes))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    guard !pieces.isEmpty else { throw whole("no pieces", "a model with a vocabulary") }
  }

  private mutating func read(_ message: ProtobufFields, _ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    var fields = message
    while let (number, value) = try fields.next() {
      guard case .bytes(let range) = value else { continue }
      let inner = fields.message(at: range)
      switch number {
      case 1:
        guard pieces.count < Self.maximumPieces else {
          throw fields.failure(at: range.lowerBound, "more than \(Self.maximumPieces) pieces")
        }
        pieces.append(try Self.piece(inner, at: range.lowerBound, bytes))
      case 2: try readTraining(inner)
      case 3: try readNormalizer(inner)
      default: continue
      }
    }
  }

  private static func piece(
    _ message: ProtobufFields, at place: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(FormatError) -> Piece {
    var piece = Piece(text: [], score: 0, type: .normal)
    var fields = message
    while let (number, value) = try fields.next() {
      switch (number, value) {
      case (1, .bytes(let range)): piece.text = Array(bytes[range])
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let type)):
        guard let type = Int(exactly: type).flatMap(GGUFTokenizer.TokenType.init(rawValue:)) else {
          throw fields.failure(at: place, "a piece of the type \(type)", expected: "a number from 1 to 6")
        }
        piece.type = type
      default: continue
      }
    }
    guard !piece.score.isNaN else { throw fields.failure(at: place, "a score that is no number") }
    guard String(validating: piece.text, as: UTF8.self) != nil else {
      throw fields.failure(at: place, "a piece that is not UTF-8")
    }
    return piece
  }

  private mutating func readTraining(_ message: ProtobufFields) throws(FormatError) {
    var fields = message
    while let (number, value) = try fields.next() {
      guard case .number(let bits) = value else { continue }
      // The numbers are signed ones of 32 bits; a negative one means that there is no such token.
      let token = Int(Int32(truncatingIfNeeded: bits))
      switch number {
      case 3:
        guard let kind = Kind(rawValue: bits) else {
          throw fields.failure(at: fields.offset, "a model of the type \(bits)", expected: "a number from 1 to 4")
        }
        self.kind = kind
      case 40: unknown = token < 0 ? nil : token
      case 41: begin = token < 0 ? nil : token
      case 42: end = token < 0 ? nil : token
      case 43: padding = token < 0 ? nil : token
      default: continue
      }
    }
  }

  private mutating func readNormalizer(_ message: ProtobufFields) throws(FormatError) {
    var fields = message
    while let (number, value) = try fields.next() {
      switch (number, value) {
      case (2, .bytes(let map)): replacesCharacters = !map.isEmpty
      case (3, .number(let flag)): addsSpacePrefix = flag != 0
      case (4, .number(let flag)): removesExtraSpaces = flag != 0
      default: continue
      }
    }
  }
}
