public import Tensors

/// A stored tensor with its extents in another order: what frameworks disagree about.
///
/// Elements that are in memory are collected from there; others are read in blocks of rows, so that no more than a
/// block is held, and each read of a part of the tensor goes over the stored one once.
public struct TransposedTensor: TensorDerivation {
  /// The name in the file.
  public let source: String
  /// Which stored extent each extent of the tensor is.
  public let permutation: [Int]
  /// The shape that the tensor has.
  public let shape: Shape

  private let stored: [Int]
  private let elementSize: Int
  /// How far apart neighbours along each extent of the tensor lie in the file, in elements.
  private let strides: [Int]

  /// How many bytes of a stored tensor are held at once, if its rows are not longer.
  private static let blockSize = 8 << 20

  /// Describes a transposition; nil unless the permutation has each stored extent once.
  public init?(_ source: TensorDescription, permutation: [Int]) {
    let stored = source.shape.dimensions
    guard permutation.sorted() == Array(stored.indices) else { return nil }
    self.source = source.name
    self.permutation = permutation
    self.stored = stored
    elementSize = source.dtype.byteCount
    shape = Shape(permutation.map { stored[$0] })
    var plain = [Int](repeating: 1, count: stored.count)
    for axis in stored.indices.dropLast().reversed() { plain[axis] = plain[axis + 1] * stored[axis + 1] }
    strides = permutation.map { plain[$0] }
  }

  /// The stored tensor.
  public var sources: [String] { [source] }

  /// Delivers elements in the new order.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard !elements.isEmpty, let target = destination.baseAddress else { return }
    let rows = stored.first ?? 1
    if let region = try checkpoint.region(of: source), let base = region.bytes.baseAddress {
      return withExtendedLifetime(region) {
        gather(elements, rows: 0..<rows, from: base, into: target)
      }
    }
    let rowLength = stored.dropFirst().reduce(1, *)
    // Of the stored rows only those that occur among the elements.
    let axis = permutation.firstIndex(of: 0)
    let needed = axis.map { ElementBox(of: elements, in: shape.dimensions).ranges[$0] } ?? 0..<1
    let step = max(1, min(Self.blockSize / (rowLength * elementSize), needed.count))
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: step * rowLength * elementSize, alignment: 16)
    defer { block.deallocate() }
    guard let base = block.baseAddress else { return }
    for start in stride(from: needed.lowerBound, to: needed.upperBound, by: step) {
      let rows = start..<min(start + step, needed.upperBound)
      try checkpoint.read(
        source, elements: rows.lowerBound * rowLength..<rows.upperBound * rowLength,
        into: UnsafeMutableRawBufferPointer(rebasing: block[..<(rows.count * rowLength * elementSize)]))
      gather(elements, rows: rows, from: base, into: target)
    }
  }

  /// Collects those elements whose stored row is one of `rows`, the first of which begins at `base`.
  private func gather(
    _ elements: Range<Int>, rows: Range<Int>, from base: UnsafeRawPointer, into target: UnsafeMutableRawPointer
  ) {
    let dimensions = shape.dimensions
    var box = ElementBox(of: elements, in: dimensions)
    if let axis = permutation.firstIndex(of: 0) { box.ranges[axis] = box.ranges[axis].clamped(to: rows) }
    guard let columns = box.ranges.last else {
      return target.copyMemory(from: base, byteCount: elementSize)
    }
    let lines = ElementBox(box.ranges.dropLast())
    let skipped = rows.lowerBound * (stored.dropFirst().reduce(1, *))
    let step = (strides.last ?? 1) * elementSize
    guard !columns.isEmpty, var line = lines.first else { return }
    repeat {
      var number = 0
      var position = -skipped
      for axis in line.indices {
        number = number * dimensions[axis] + line[axis]
        position += line[axis] * strides[axis]
      }
      number *= dimensions[dimensions.count - 1]
      let wanted = (number + columns.lowerBound..<number + columns.upperBound).clamped(to: elements)
      if wanted.isEmpty { continue }
      let from = base + position * elementSize + (wanted.lowerBound - number) * step
      copy(wanted.count, from: from, step: step, to: target + (wanted.lowerBound - elements.lowerBound) * elementSize)
    } while lines.advance(&line)
  }

  private func copy(_ count: Int, from: UnsafeRawPointer, step: Int, to place: UnsafeMutableRawPointer) {
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
}
