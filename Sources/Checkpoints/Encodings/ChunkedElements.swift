internal import Tensors

/// Elements in chunks of equal extents, each stored by itself, possibly compressed, possibly not at all.
///
/// A read undoes each chunk that it touches once, and finds many of them in the file's cache.
struct ChunkedElements: ElementDecoder {
  /// A chunk's bytes in the file, and which filters it did not go through: bit i stands for filter i.
  struct StoredChunk {
    var bytes: Range<Int>
    var skippedFilters: UInt32
  }

  /// The size of an element in bytes.
  let elementSize: Int
  /// Whether an element's bytes come most significant first.
  let isBigEndian: Bool
  /// The extents of the tensor.
  let shape: [Int]
  /// The extents of a chunk.
  let extents: [Int]
  /// What chunks went through when they were written, first step first.
  let filters: [ChunkFilter]
  /// The stored chunks by their number in the grid, counted in row-major order.
  let chunks: [Int: StoredChunk]
  /// An element of chunks that are not stored, in the file's byte order.
  let fillValue: [UInt8]

  private let cache: ChunkCache
  private let grid: [Int]
  private let chunkElements: Int

  /// The size of a chunk in bytes before filters.
  var chunkByteCount: Int { chunkElements * elementSize }

  /// Describes chunks; nil if extents do not belong together or sizes overflow.
  init?(
    elementSize: Int, isBigEndian: Bool, shape: [Int], extents: [Int], filters: [ChunkFilter],
    chunks: [Int: StoredChunk], fillValue: [UInt8], cache: ChunkCache
  ) {
    guard shape.count == extents.count, extents.allSatisfy({ $0 > 0 }), fillValue.count == elementSize,
      Shape(shape).checkedElementCount != nil, let chunkElements = Shape(extents).checkedElementCount,
      !chunkElements.multipliedReportingOverflow(by: elementSize).overflow
    else { return nil }
    self.elementSize = elementSize
    self.isBigEndian = isBigEndian && elementSize > 1
    self.shape = shape
    self.extents = extents
    self.filters = filters
    self.chunks = chunks
    self.fillValue = fillValue
    self.cache = cache
    self.chunkElements = chunkElements
    grid = Self.grid(shape, extents)
  }

  /// How many chunks there are along each extent.
  static func grid(_ shape: [Int], _ extents: [Int]) -> [Int] {
    zip(shape, extents).map { $0 == 0 ? 0 : ($0 - 1) / $1 + 1 }
  }

  var storage: String {
    var words = chunks.isEmpty ? ["not stored"] : ["chunked"]
    words += chunks.isEmpty ? [] : filters.compactMap(\.word)
    if isBigEndian { words.append("big-endian") }
    return words.joined(separator: ", ")
  }

  var storedBytes: Range<Int>? { nil }

  func read(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    guard !elements.isEmpty, destination.baseAddress != nil else { return }
    let touched = ElementBox(
      zip(ElementBox(of: elements, in: shape).ranges, extents).map {
        $0.lowerBound / $1..<($0.upperBound - 1) / $1 + 1
      })
    guard var place = touched.first else { return }
    repeat {
      try copyChunk(at: place, elements, of: file, into: destination)
    } while touched.advance(&place)
    if isBigEndian {
      for start in stride(from: 0, to: destination.count, by: elementSize) {
        for i in 0..<elementSize / 2 { destination.swapAt(start + i, start + elementSize - 1 - i) }
      }
    }
  }

  // MARK: One chunk

  private func copyChunk(
    at place: [Int], _ elements: Range<Int>, of file: UnsafeRawBufferPointer,
    into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    let number = zip(place, grid).reduce(0) { $0 * $1.1 + $1.0 }
    guard let chunk = chunks[number] else { return copy(nil, at: place, elements, into: destination) }
    let stored = UnsafeRawBufferPointer(rebasing: file[chunk.bytes])
    let active = filters.enumerated().filter { chunk.skippedFilters & (1 << UInt32($0.offset)) == 0 }.map(\.element)
    if active.isEmpty {
      guard stored.count >= chunkByteCount else {
        throw DecodingError(
          offset: chunk.bytes.lowerBound, found: "a chunk of \(stored.count) bytes", expected: "\(chunkByteCount)")
      }
      return copy(stored, at: place, elements, into: destination)
    }
    let bytes = try cache.chunk(at: chunk.bytes.lowerBound) { () throws(DecodingError) in
      do throws(DecodingError) {
        return try ChunkFilter.undo(active, stored, size: chunkByteCount)
      } catch {
        throw DecodingError(offset: chunk.bytes.lowerBound, found: error.found, expected: error.expected)
      }
    }
    bytes.withUnsafeBytes { copy($0, at: place, elements, into: destination) }
  }

  /// Copies the rows of a chunk as far as they are asked for; without bytes, the fill value.
  private func copy(
    _ bytes: UnsafeRawBufferPointer?, at place: [Int], _ elements: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) {
    let rank = shape.count
    let corner = zip(place, extents).map(*)
    // What of the chunk lies inside the tensor.
    let inside = (0..<rank).map { min(extents[$0], shape[$0] - corner[$0]) }
    let rowLength = inside.last ?? 1
    let rows = ElementBox(inside.dropLast().map { 0..<$0 })
    guard var row = rows.first else { return }
    repeat {
      var inTensor = 0
      var inChunk = 0
      for axis in 0..<rank {
        let offset = axis < rank - 1 ? row[axis] : 0
        inTensor = inTensor * shape[axis] + corner[axis] + offset
        inChunk = inChunk * extents[axis] + offset
      }
      let wanted = (inTensor..<inTensor + rowLength).clamped(to: elements)
      if wanted.isEmpty { continue }
      let target = UnsafeMutableRawBufferPointer(
        rebasing: destination[
          (wanted.lowerBound - elements.lowerBound) * elementSize..<(wanted.upperBound - elements.lowerBound)
            * elementSize])
      if let bytes {
        let start = (inChunk + wanted.lowerBound - inTensor) * elementSize
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + target.count]))
      } else {
        for index in target.indices { target[index] = fillValue[index % elementSize] }
      }
    } while rows.advance(&row)
  }
}
