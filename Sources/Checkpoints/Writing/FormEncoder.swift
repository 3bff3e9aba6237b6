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
    guard let heads = form.interleavedHeads else {
      return try write(UnsafeRawBufferPointer(stored), form.elements.byteCount(elements: first))
    }
    let rows = tensor.shape.dimensions.first ?? 1
    let length = tensor.shape.elementCount / rows
    var next = first
    while next < first + count {
      let column = next % length
      let end = min(first + count, next - column + length)
      let row = Self.interleaved(row: next / length, heads: heads, of: rows)
      let part = form.elements.byteCount(elements: next - first)..<form.elements.byteCount(elements: end - first)
      try write(
        UnsafeRawBufferPointer(rebasing: stored[part]), form.elements.byteCount(elements: row * length + column))
      next = end
    }
  }

  /// Where a row goes when the two halves of each head's rows are interleaved.
  static func interleaved(row: Int, heads: Int, of rows: Int) -> Int {
    let size = rows / heads
    let (head, inside) = row.quotientAndRemainder(dividingBy: size)
    let half = size / 2
    return head * size + inside % half * 2 + inside / half
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
