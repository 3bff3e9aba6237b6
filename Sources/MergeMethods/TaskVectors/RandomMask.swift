internal import Kernels

/// What chance leaves of one model's differences.
struct RandomMask: Sendable {
  /// How chances are distributed.
  enum Rule: Sendable {
    /// Every element has the same chance.
    case even(RandomDraw)
    /// The chance depends on the rank of the magnitude in its row.
    case byRank(RowLevelsSurvey, place: Int)
  }

  var rule: Rule
  /// Where what has been drawn is kept, if there is room for that.
  var kept: DrawnBits?

  /// A bit for each element of a block that chance keeps, in `room` if they are not kept elsewhere.
  func bits(
    of block: InputBlock, model: Int, base: Int, room: UnsafeMutablePointer<UInt16>
  ) -> UnsafePointer<UInt16> {
    let bits = kept?.bits(inBlock: block.start / Streaming.blockElements) ?? room
    if kept?.isComplete == true { return UnsafePointer(bits) }
    bits.update(repeating: 0, count: BlockBits.words(of: block.count))
    func draw(_ draw: RandomDraw, at offset: Int, _ count: Int) {
      VectorKernels.best.draw(
        draw, block.address(model, at: offset), base: block.address(base, at: offset), bfloat16: block.isBFloat16,
        first: block.start + offset, count: count, place: offset, into: bits)
    }
    switch rule {
    case .even(let even): draw(even, at: 0, block.count)
    case .byRank(let levels, let place):
      block.forEachRowPiece(rowLength: levels.rowLength) { row, offset, count in
        if let drawInRow = levels.draw(inRow: row, place: place) { draw(drawInRow, at: offset, count) }
      }
    }
    return UnsafePointer(bits)
  }
}

/// A bit for each element of a block, sixteen to a word from the lowest on.
enum BlockBits {
  /// The words of a whole block.
  static let words = words(of: Streaming.blockElements)

  /// The words of so many elements.
  static func words(of elements: Int) -> Int { (elements + 15) / 16 }
}

/// What has been drawn for all elements of a tensor, so that it need not be drawn again.
final class DrawnBits: @unchecked Sendable {
  // Workers write the bits of different blocks, or of different rows that share no word; `isComplete` is set between
  // passes.
  private let words: UnsafeMutableBufferPointer<UInt16>
  /// Whether all elements have been drawn.
  var isComplete = false

  /// The size for so many elements in bytes.
  static func byteCount(elements: Int) -> Int { BlockBits.words(of: elements) * MemoryLayout<UInt16>.size }

  /// Draws nothing yet: no bit is set.
  init(elements: Int) {
    words = .allocate(capacity: max(1, BlockBits.words(of: elements)))
    words.initialize(repeating: 0)
  }

  deinit { words.deallocate() }

  /// Where the bits of a block begin.
  func bits(inBlock block: Int) -> UnsafeMutablePointer<UInt16>? {
    words.baseAddress.map { $0 + block * BlockBits.words }
  }
}
