internal import Tensors

/// Elements that lie elsewhere than row-major order has them, in another byte order, or inside compressed bytes.
///
/// Element (i₀, i₁, …) is number `first` + Σ iₖ·`strides[k]` of the stored ones.
struct ArrangedElements: ElementDecoder {
  /// Where the stored elements are.
  let source: StoredBytes
  /// The size of an element in bytes.
  let elementSize: Int
  /// Whether an element's bytes come most significant first.
  let isBigEndian: Bool
  /// The extents of the tensor.
  let shape: [Int]
  /// The number of the stored element that the tensor begins with.
  let first: Int
  /// How far apart neighbours along each extent lie, in elements.
  let strides: [Int]

  /// Describes an arrangement; nil if an element would lie outside the stored bytes.
  init?(
    source: StoredBytes, elementSize: Int, isBigEndian: Bool = false, shape: Shape, first: Int = 0,
    strides: [Int]? = nil
  ) {
    let dimensions = shape.dimensions
    guard let count = shape.checkedElementCount, let strides = strides ?? Self.rowMajor(dimensions),
      strides.count == dimensions.count, first >= 0, elementSize > 0, count <= Int.max / elementSize
    else { return nil }
    if count > 0 {
      var last = first
      for (dimension, stride) in zip(dimensions, strides) {
        guard stride >= 0, case let (reach, tooFar) = (dimension - 1).multipliedReportingOverflow(by: stride), !tooFar,
          case let (sum, overflow) = last.addingReportingOverflow(reach), !overflow
        else { return nil }
        last = sum
      }
      guard last < source.count / elementSize else { return nil }
    }
    self.source = source
    self.elementSize = elementSize
    self.isBigEndian = isBigEndian && elementSize > 1
    self.shape = dimensions
    self.first = count > 0 ? first : 0
    self.strides = strides
  }

  var storage: String {
    var words = source.storage.map { [$0] } ?? []
    if isBigEndian { words.append("big-endian") }
    if !isRowMajor { words.append("strided") }
    return words.isEmpty ? "stored" : words.joined(separator: ", ")
  }

  var storedBytes: Range<Int>? { source.storedBytes }

  /// The plain encoding if that is what this is: elements in row-major order, little endian, uncompressed.
  var encoding: TensorEncoding {
    guard case .file(let range) = source, isRowMajor, !isBigEndian else { return .decoded(self) }
    let start = range.lowerBound + first * elementSize
    return .contiguous(start..<start + shape.reduce(1, *) * elementSize)
  }

  private var isRowMajor: Bool {
    guard let plain = Self.rowMajor(shape) else { return false }
    // The stride along an extent of one is never used.
    return zip(shape, zip(strides, plain)).allSatisfy { $0 <= 1 || $1.0 == $1.1 } || shape.contains(0)
  }

  /// The distances between neighbours in row-major order; nil if they overflow.
  private static func rowMajor(_ shape: [Int]) -> [Int]? {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      let (product, overflow) = strides[axis + 1].multipliedReportingOverflow(by: max(1, shape[axis + 1]))
      if overflow { return nil }
      strides[axis] = product
    }
    return strides
  }

  func read(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    guard !elements.isEmpty, let base = destination.baseAddress else { return }
    if isRowMajor {
      let start = (first + elements.lowerBound) * elementSize
      try source.read(start..<start + elements.count * elementSize, of: file, into: destination)
    } else {
      try gather(elements, of: file, into: base)
    }
    if isBigEndian { swapBytes(destination) }
  }

  /// Collects elements one by one, or runs of them where the last extent is dense, piece after piece of the stored
  /// bytes.
  private func gather(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into base: UnsafeMutableRawPointer
  ) throws(DecodingError) {
    for piece in source.pieces(of: spanning(elements), elementSize: elementSize) {
      try source.withBytes(piece, of: file) { bytes, start throws(DecodingError) in
        guard let stored = bytes.baseAddress else { return }
        gather(elements, in: piece.lowerBound / elementSize..<piece.upperBound / elementSize, into: base) {
          stored + ($0 * elementSize - start)
        }
      }
    }
  }

  /// Collects those elements whose stored ones are in a window.
  private func gather(
    _ elements: Range<Int>, in window: Range<Int>, into base: UnsafeMutableRawPointer,
    from stored: (Int) -> UnsafeRawPointer
  ) {
    let row = max(1, shape.last ?? 1)
    let stride = strides.last ?? 1
    var next = elements.lowerBound
    while next < elements.upperBound {
      let count = min(row - next % row, elements.upperBound - next)
      let from = position(of: next)
      // How many of the run lie in front of a place.
      func before(_ place: Int) -> Int {
        if place <= from { return 0 }
        return stride == 0 ? count : min(count, (place - from - 1) / stride + 1)
      }
      let wanted = before(window.lowerBound)..<before(window.upperBound)
      if !wanted.isEmpty {
        copy(
          wanted.count, from: stored(from + wanted.lowerBound * stride), step: stride * elementSize,
          to: base + (next - elements.lowerBound + wanted.lowerBound) * elementSize)
      }
      next += count
    }
  }

  private func copy(_ count: Int, from: UnsafeRawPointer, step: Int, to place: UnsafeMutableRawPointer) {
    if step == elementSize { return place.copyMemory(from: from, byteCount: count * elementSize) }
    switch elementSize {
    case 2:
      for i in 0..<count {
        place.storeBytes(of: (from + i * step).loadUnaligned(as: UInt16.self), toByteOffset: i * 2, as: UInt16.self)
      }
    case 4:
      for i in 0..<count {
        place.storeBytes(of: (from + i * step).loadUnaligned(as: UInt32.self), toByteOffset: i * 4, as: UInt32.self)
      }
    default:
      for i in 0..<count {
        (place + i * elementSize).copyMemory(from: from + i * step, byteCount: elementSize)
      }
    }
  }

  /// The number of the stored element that this element of the tensor is.
  private func position(of element: Int) -> Int {
    var rest = element
    var position = first
    for axis in shape.indices.reversed() where shape[axis] > 1 {
      position += rest % shape[axis] * strides[axis]
      rest /= shape[axis]
    }
    return position
  }

  /// The stored bytes that a range of elements may touch.
  private func spanning(_ elements: Range<Int>) -> Range<Int> {
    // Exact along the first extent, everything along the others: enough for rows, generous for columns.
    let inner = shape.dropFirst().reduce(1, *)
    guard let outer = strides.first, inner > 0 else { return 0..<source.count }
    let reach = zip(shape.dropFirst(), strides.dropFirst()).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    let low = first + elements.lowerBound / inner * outer
    let high = first + (elements.upperBound - 1) / inner * outer + reach
    return low * elementSize..<(high + 1) * elementSize
  }

  private func swapBytes(_ bytes: UnsafeMutableRawBufferPointer) {
    for start in stride(from: 0, to: bytes.count, by: elementSize) {
      for i in 0..<elementSize / 2 { bytes.swapAt(start + i, start + elementSize - 1 - i) }
    }
  }
}
