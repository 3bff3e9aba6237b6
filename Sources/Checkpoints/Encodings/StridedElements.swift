internal import Tensors

/// Where the elements of a tensor lie among stored ones, and how to collect them from there.
///
/// Element (i₀, i₁, …) is number `first` + Σ iₖ·`strides[k]` of the stored ones.
struct StridedElements: Hashable, Sendable {
  /// The extents of the tensor.
  let shape: [Int]
  /// The number of the stored element that the tensor begins with.
  let first: Int
  /// How far apart neighbours along each extent lie, in elements.
  let strides: [Int]
  /// The number of the last stored element that belongs to the tensor; nil if it is empty.
  let last: Int?

  /// Describes an arrangement, row-major unless strides are given; nil if a number of it overflows.
  init?(shape: [Int], first: Int = 0, strides: [Int]? = nil) {
    guard let strides = strides ?? Self.rowMajor(shape), strides.count == shape.count, first >= 0,
      shape.allSatisfy({ $0 >= 0 })
    else { return nil }
    self.shape = shape
    self.strides = strides
    if shape.contains(0) {
      (self.first, last) = (0, nil)
      return
    }
    var last = first
    for (dimension, stride) in zip(shape, strides) {
      guard stride >= 0, case let (reach, tooFar) = (dimension - 1).multipliedReportingOverflow(by: stride), !tooFar,
        case let (sum, overflow) = last.addingReportingOverflow(reach), !overflow
      else { return nil }
      last = sum
    }
    (self.first, self.last) = (first, last)
  }

  /// The distances between neighbours in row-major order; nil if they overflow.
  static func rowMajor(_ shape: [Int]) -> [Int]? {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      let (product, overflow) = strides[axis + 1].multipliedReportingOverflow(by: max(1, shape[axis + 1]))
      if overflow { return nil }
      strides[axis] = product
    }
    return strides
  }

  /// Whether elements follow each other without gaps.
  var isRowMajor: Bool {
    guard let plain = Self.rowMajor(shape) else { return false }
    // The stride along an extent of one is never used.
    return zip(shape, zip(strides, plain)).allSatisfy { $0 <= 1 || $1.0 == $1.1 } || shape.contains(0)
  }

  /// The stored elements that a range of the tensor's may touch; nil for a tensor without extents.
  func spanning(_ elements: Range<Int>) -> Range<Int>? {
    // Exact along the first extent, everything along the others: enough for rows, generous for columns.
    let inner = shape.dropFirst().reduce(1, *)
    guard let outer = strides.first, inner > 0, !elements.isEmpty else { return nil }
    let reach = zip(shape.dropFirst(), strides.dropFirst()).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    let low = first + elements.lowerBound / inner * outer
    let high = first + (elements.upperBound - 1) / inner * outer + reach
    return low..<high + 1
  }

  /// Copies those elements of a range whose stored ones are in a window to their places.
  ///
  /// - Parameters:
  ///   - elements: a range inside the tensor.
  ///   - size: the size of an element in bytes.
  ///   - window: numbers of stored elements.
  ///   - base: where the first stored element of the window is.
  ///   - target: room for the range.
  func gather(
    _ elements: Range<Int>, size: Int, in window: Range<Int>, from base: UnsafeRawPointer,
    into target: UnsafeMutableRawPointer
  ) {
    let length = max(1, shape.last ?? 1)
    let stride = strides.last ?? 1
    guard !elements.isEmpty, !window.isEmpty else { return }
    var row = elements.lowerBound / length
    var walk = RowWalk(self, row: row)
    while row * length < elements.upperBound {
      let run = (row * length..<(row + 1) * length).clamped(to: elements)
      let from = walk.position + (run.lowerBound - row * length) * stride
      // How many of the run lie in front of a place.
      func before(_ place: Int) -> Int {
        if place <= from { return 0 }
        return stride == 0 ? run.count : min(run.count, (place - from - 1) / stride + 1)
      }
      let wanted = before(window.lowerBound)..<before(window.upperBound)
      if !wanted.isEmpty {
        copy(
          wanted.count, size: size, from: base + (from + wanted.lowerBound * stride - window.lowerBound) * size,
          step: stride * size, to: target + (run.lowerBound - elements.lowerBound + wanted.lowerBound) * size)
      }
      row += 1
      walk.advance(self)
    }
  }

  /// The place of a row's first element, kept up from row to row without divisions.
  private struct RowWalk {
    var place: [Int]
    var position: Int

    init(_ elements: StridedElements, row: Int) {
      place = Array(elements.shape.dropLast())
      position = elements.first
      var rest = row
      for axis in place.indices.reversed() {
        let extent = max(1, place[axis])
        place[axis] = rest % extent
        position += place[axis] * elements.strides[axis]
        rest /= extent
      }
    }

    mutating func advance(_ elements: StridedElements) {
      for axis in place.indices.reversed() {
        place[axis] += 1
        position += elements.strides[axis]
        if place[axis] < elements.shape[axis] { return }
        position -= place[axis] * elements.strides[axis]
        place[axis] = 0
      }
    }
  }

  private func copy(
    _ count: Int, size: Int, from: UnsafeRawPointer, step: Int, to place: UnsafeMutableRawPointer
  ) {
    if step == size { return place.copyMemory(from: from, byteCount: count * size) }
    switch size {
    case 2:
      for i in 0..<count {
        place.storeBytes(of: (from + i * step).loadUnaligned(as: UInt16.self), toByteOffset: i * 2, as: UInt16.self)
      }
    case 4:
      for i in 0..<count {
        place.storeBytes(of: (from + i * step).loadUnaligned(as: UInt32.self), toByteOffset: i * 4, as: UInt32.self)
      }
    default:
      for i in 0..<count { (place + i * size).copyMemory(from: from + i * step, byteCount: size) }
    }
  }
}
