/// A `tokenizer.model` as its file has it: the pieces of a SentencePiece model, and what it does to texts.
///
/// Fields and their numbers are those of `sentencepiece_model.proto`.
package struct SentencePieceDocument: Sendable {
  /// What a piece is for.
  package enum PieceType: Int, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// A piece of text with its score and its type.
  package struct Piece: Equatable, Sendable {
    /// The text in UTF-8.
    package var text: [UInt8] = []
    /// The score; finite.
    package var score: Float = 0
    /// What the piece is for.
    package var type = PieceType.normal
  }

  /// The ways of cutting a text into pieces.
  package enum Kind: UInt64, Sendable {
    case unigram = 1
    case bytePairs, words, characters
  }

  /// What happens to a text before it is cut.
  package struct Normalizer: Sendable {
    /// The compiled map of characters to others, and the byte at which it begins; nil if nothing is replaced.
    package var characters: (bytes: [UInt8], offset: Int)?
    /// Whether a space that is not in the text is put in front.
    package var addsPrefix = true
    /// Whether spaces at the ends go, and several spaces become one.
    package var removesExtraSpaces = true
    /// Whether spaces become visible signs.
    package var escapesSpaces = true
  }

  /// The pieces, by their numbers; at least one.
  package private(set) var pieces: [Piece] = []
  /// How texts are cut.
  package private(set) var kind = Kind.unigram
  /// Whether characters without a piece become pieces for their bytes.
  package private(set) var fallsBackToBytes = false
  /// Whether spaces stand behind words rather than in front.
  package private(set) var putsSpacesBehind = false
  /// The number of the token for what is unknown; nil where the model has none.
  package private(set) var unknown: Int? = 0
  /// The number of the token that begins a text; nil where the model has none.
  package private(set) var begin: Int? = 1
  /// The number of the token that ends a text; nil where the model has none.
  package private(set) var end: Int? = 2
  /// The number of the token that fills up; nil where the model has none.
  package private(set) var padding: Int?
  /// What happens to a text first.
  package private(set) var normalizer = Normalizer()

  /// The file's usual name.
  package static let name = "tokenizer.model"
  /// The largest file; the largest published one, Gemma's, has 5 MB and 262 144 pieces.
  package static let maximumBytes = 64 << 20
  private static let maximumPieces = 1 << 21
  /// The most bytes of all pieces together; Gemma's have 2 MB.
  private static let maximumText = 1 << 23

  /// Reads the contents of a file.
  package init(_ bytes: [UInt8]) throws(ProtobufError) {
    guard bytes.count <= Self.maximumBytes else {
      throw ProtobufError(found: "\(bytes.count) bytes", expected: "at most \(Self.maximumBytes)")
    }
    let result: Result<Void, ProtobufError> = bytes.withUnsafeBytes { bytes in
      do throws(ProtobufError) {
        return .success(try read(ProtobufReader(bytes), bytes))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    guard !pieces.isEmpty else { throw ProtobufError(found: "no pieces", expected: "a model with a vocabulary") }
  }

  private mutating func read(_ message: ProtobufReader, _ bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    var fields = message
    var text = 0
    while let (number, value) = try fields.next() {
      guard case .bytes(let range) = value else { continue }
      let inner = fields.message(at: range)
      switch number {
      case 1:
        guard pieces.count < Self.maximumPieces else {
          throw ProtobufError(offset: range.lowerBound, found: "more than \(Self.maximumPieces) pieces")
        }
        let piece = try Self.piece(inner, at: range.lowerBound, bytes)
        text += piece.text.count
        guard text <= Self.maximumText else {
          throw ProtobufError(offset: range.lowerBound, found: "pieces of more than \(Self.maximumText) bytes")
        }
        pieces.append(piece)
      case 2: try readTraining(inner)
      case 3: try readNormalizer(inner, bytes)
      default: continue
      }
    }
  }

  private static func piece(
    _ message: ProtobufReader, at place: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) -> Piece {
    var piece = Piece()
    var fields = message
    while let (number, value) = try fields.next() {
      switch (number, value) {
      case (1, .bytes(let range)): piece.text = Array(bytes[range])
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let type)):
        guard let type = Int(exactly: type).flatMap(PieceType.init(rawValue:)) else {
          throw ProtobufError(offset: place, found: "a piece of the type \(type)", expected: "a number from 1 to 6")
        }
        piece.type = type
      default: continue
      }
    }
    guard piece.score.isFinite else { throw ProtobufError(offset: place, found: "a score that is no number") }
    guard String(validating: piece.text, as: UTF8.self) != nil else {
      throw ProtobufError(offset: place, found: "a piece that is not UTF-8")
    }
    return piece
  }

  private mutating func readTraining(_ message: ProtobufReader) throws(ProtobufError) {
    var fields = message
    while let (number, value) = try fields.next() {
      guard case .number(let bits) = value else { continue }
      // The numbers are signed ones of 32 bits; a negative one means that there is no such token.
      let number32 = Int(Int32(truncatingIfNeeded: bits))
      let token = number32 < 0 ? nil : number32
      switch number {
      case 3:
        guard let kind = Kind(rawValue: bits) else {
          throw ProtobufError(
            offset: fields.offset, found: "a model of the type \(bits)", expected: "a number from 1 to 4")
        }
        self.kind = kind
      case 24: putsSpacesBehind = bits != 0
      case 35: fallsBackToBytes = bits != 0
      case 40: unknown = token
      case 41: begin = token
      case 42: end = token
      case 43: padding = token
      default: continue
      }
    }
  }

  private mutating func readNormalizer(
    _ message: ProtobufReader, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) {
    var fields = message
    while let (number, value) = try fields.next() {
      switch (number, value) {
      case (2, .bytes(let range)) where !range.isEmpty:
        normalizer.characters = (Array(bytes[range]), range.lowerBound)
      case (3, .number(let flag)): normalizer.addsPrefix = flag != 0
      case (4, .number(let flag)): normalizer.removesExtraSpaces = flag != 0
      case (5, .number(let flag)): normalizer.escapesSpaces = flag != 0
      default: continue
      }
    }
  }
}
