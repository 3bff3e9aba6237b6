internal import Kernels
internal import Tensors

/// Turns elements as they are handed to the writer into the form that their file stores.
struct FormEncoder {
  let tensor: TensorDescription
  let form: StoredForm

  /// Encodes a run of elements and hands it on in pieces that lie together in the file.
  ///
  /// - Parameters:
  ///   - bytes: elements of the tensor's dtype.
  ///   - first: the number of the first of them.
  ///   - errors: learns what rounding cost.
  ///   - write: takes stored bytes, and where they go, counted from the tensor's first stored byte.
  func encode(
    _ bytes: UnsafeRawBufferPointer, from first: Int, errors: RoundingErrors,
    _ write: (UnsafeRawBufferPointer, Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let count = bytes.count / tensor.dtype.byteCount
    guard let base = bytes.baseAddress, count > 0 else { return }
    let stored = UnsafeMutableRawBufferPointer.allocate(
      byteCount: form.elements.byteCount(elements: count), alignment: 64)
    defer { stored.deallocate() }
    if form.elements == .plain(tensor.dtype), form.addend == 0 {
      stored.copyMemory(from: bytes)
    } else {
      convert(base, count: count, into: stored, errors: errors)
    }
    let bytes = UnsafeRawBufferPointer(stored)
    switch form.order {
    case .same: try write(bytes, form.elements.byteCount(elements: first))
    case .transposed: try writeColumns(of: bytes, first..<first + count, write)
    case .interleavedHalves(let heads):
      try writeRows(of: bytes, first..<first + count, write) { row, rows in
        Self.interleaved(row: row, heads: heads, of: rows)
      }
    case .joinedParts(let heads):
      try writeRows(of: bytes, first..<first + count, write) { row, rows in
        Self.joined(row: row, heads: heads, of: rows)
      }
    }
  }

  /// Hands on row after row, each with the place of another one.
  private func writeRows(
    of bytes: UnsafeRawBufferPointer, _ range: Range<Int>,
    _ write: (UnsafeRawBufferPointer, Int) throws(CheckpointError) -> Void, place: (Int, Int) -> Int
  ) throws(CheckpointError) {
    let rows = tensor.shape.dimensions.first ?? 1
    let length = tensor.shape.elementCount / rows
    var next = range.lowerBound
    while next < range.upperBound {
      let column = next % length
      let end = min(range.upperBound, next - column + length)
      let row = place(next / length, rows)
      let part =
        form.elements.byteCount(
          elements: next - range.lowerBound)..<form.elements.byteCount(
          elements: end - range.lowerBound)
      try write(
        UnsafeRawBufferPointer(rebasing: bytes[part]), form.elements.byteCount(elements: row * length + column))
      next = end
    }
  }

  /// Hands on what lies in each column, in the place of a row; elements are plain.
  private func writeColumns(
    of bytes: UnsafeRawBufferPointer, _ range: Range<Int>,
    _ write: (UnsafeRawBufferPointer, Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let size = form.elements.byteCount(elements: 1)
    let (rows, columns) = (tensor.shape.dimensions[0], tensor.shape.dimensions[1])
    let line = UnsafeMutableRawBufferPointer.allocate(byteCount: (range.count / columns + 1) * size, alignment: 64)
    defer { line.deallocate() }
    for column in 0..<columns {
      // The first row whose element in this column is in the range.
      let top = (range.lowerBound - column + columns - 1) / columns
      var count = 0
      var element = top * columns + column
      while element < range.upperBound {
        let place = (element - range.lowerBound) * size
        UnsafeMutableRawBufferPointer(rebasing: line[count * size..<(count + 1) * size]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[place..<place + size]))
        count += 1
        element += columns
      }
      guard count > 0 else { continue }
      try write(UnsafeRawBufferPointer(rebasing: line[..<(count * size)]), (column * rows + top) * size)
    }
  }

  /// Where a row goes when the two halves of each head's rows are interleaved.
  static func interleaved(row: Int, heads: Int, of rows: Int) -> Int {
    let size = rows / heads
    let (head, inside) = row.quotientAndRemainder(dividingBy: size)
    let half = size / 2
    return head * size + inside % half * 2 + inside / half
  }

  /// Where a row goes when the queries, keys and values of all heads are put together.
  static func joined(row: Int, heads: Int, of rows: Int) -> Int {
    let size = rows / heads / HeadRows.parts
    let (block, inside) = row.quotientAndRemainder(dividingBy: size)
    let (head, part) = block.quotientAndRemainder(dividingBy: HeadRows.parts)
    return (part * heads + head) * size + inside
  }

  /// So many elements stay in a first-level cache; a multiple of every block's size.
  private static let atOnce = 4096

  private func convert(
    _ base: UnsafeRawPointer, count: Int, into stored: UnsafeMutableRawBufferPointer, errors: RoundingErrors
  ) {
    guard let place = stored.baseAddress else { return }
    let size = tensor.dtype.byteCount
    var worst = RoundingErrors.Worst()
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * Self.atOnce) { scratch in
      guard let values = scratch.baseAddress else { return }
      let back = values + Self.atOnce
      for start in stride(from: 0, to: count, by: Self.atOnce) {
        let length = min(Self.atOnce, count - start)
        let source = base + start * size
        VectorKernels.best.toFloat32(from: source, dtype: tensor.dtype, count: length, into: values)
        if form.addend != 0 { for i in 0..<length { values[i] += form.addend } }
        let target = place + form.elements.byteCount(elements: start)
        switch form.elements {
        case .plain(let dtype):
          VectorKernels.best.fromFloat32(values, dtype: dtype, count: length, into: target)
          VectorKernels.best.toFloat32(from: target, dtype: dtype, count: length, into: back)
        case .blocks(let format):
          VectorKernels.best.fromFloat32(values, blocks: format, count: length, into: target)
          VectorKernels.best.toFloat32(from: target, blocks: format, count: length, into: back)
        }
        guard tensor.dtype == .float64, form.addend == 0 else {
          worst.take(values, storedAs: back, count: length)
          continue
        }
        // A float64 has lost something on the way already.
        for i in 0..<length {
          worst.take((source + i * 8).loadUnaligned(as: Double.self), storedAs: Double(back[i]))
        }
      }
    }
    errors.take(worst, from: tensor.dtype.rawValue, to: form.elements.name, tensor: tensor.name)
  }
}
