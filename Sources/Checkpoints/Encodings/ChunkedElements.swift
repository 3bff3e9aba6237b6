internal import Tensors

/// Elements in chunks of equal extents, each stored by itself, possibly compressed, possibly not at all.
///
/// A read undoes each chunk that it touches once.
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

  private let grid: [Int]
  private let chunkElements: Int

  /// The size of a chunk in bytes before filters.
  var chunkByteCount: Int { chunkElements * elementSize }

  /// Describes chunks; nil if extents do not belong together or sizes overflow.
  init?(
    elementSize: Int, isBigEndian: Bool, shape: [Int], extents: [Int], filters: [ChunkFilter],
    chunks: [Int: StoredChunk], fillValue: [UInt8]
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
    let box = bounds(of: elements)
    let first = zip(box, extents).map { $0.lowerBound / $1 }
    let last = zip(box, extents).map { ($0.upperBound - 1) / $1 }
    var place = first
    repeat {
      try copyChunk(at: place, elements, of: file, into: destination)
    } while Self.advance(&place, from: first, through: last)
    if isBigEndian {
      for start in stride(from: 0, to: destination.count, by: elementSize) {
        for i in 0..<elementSize / 2 { destination.swapAt(start + i, start + elementSize - 1 - i) }
      }
    }
  }

  /// The smallest box of coordinates that contains a range of elements.
  private func bounds(of elements: Range<Int>) -> [Range<Int>] {
    let low = coordinates(of: elements.lowerBound)
    let high = coordinates(of: elements.upperBound - 1)
    // Along extents behind the first one where they differ, everything may occur.
    guard let split = low.indices.first(where: { low[$0] != high[$0] }) else { return low.map { $0..<$0 + 1 } }
    return low.indices.map { $0 <= split ? low[$0]..<high[$0] + 1 : 0..<shape[$0] }
  }

  private func coordinates(of element: Int) -> [Int] {
    var rest = element
    var result = shape
    for axis in shape.indices.reversed() {
      result[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return result
  }

  /// Moves on to the next place in row-major order; false after the last one.
  private static func advance(_ place: inout [Int], from first: [Int], through last: [Int]) -> Bool {
    for axis in place.indices.reversed() {
      if place[axis] < last[axis] {
        place[axis] += 1
        return true
      }
      place[axis] = first[axis]
    }
    return false
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
    let bytes: [UInt8]
    do throws(DecodingError) {
      bytes = try ChunkFilter.undo(active, stored, size: chunkByteCount)
    } catch {
      throw DecodingError(offset: chunk.bytes.lowerBound, found: error.found, expected: error.expected)
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
    var row = [Int](repeating: 0, count: max(0, rank - 1))
    let first = row
    let last = inside.dropLast().map { $0 - 1 }
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
    } while Self.advance(&row, from: first, through: last)
  }
}
