internal import Kernels
internal import Tensors

/// Turns elements as they are handed to the writer into the form that their file stores.
///
/// Runs on the threads that compute, into the buffer that will be written: measured, a conversion spent two thirds of
/// its time in first touches of fresh buffers, scalar comparisons and writes through the page cache when it allocated
/// on the writers' threads.
struct FormEncoder {
  let tensor: TensorDescription
  let form: StoredForm

  private var movedRows: MovedRows? { MovedRows(form.order, shape: tensor.shape) }

  /// Hands on the stored bytes of a band in pieces that lie together in the file.
  ///
  /// - Parameter write: takes stored bytes, and where they go, counted from the tensor's first stored byte.
  func forEachPiece(
    of stored: UnsafeRawBufferPointer, _ band: Range<Int>,
    _ write: (UnsafeRawBufferPointer, Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    if form.order == .transposed { return try forEachColumn(of: stored, band, write) }
    guard let movedRows, !movedRows.isClosed(band) else {
      return try write(stored, form.elements.byteCount(elements: band.lowerBound))
    }
    for (part, target) in movedRows.parts(of: band) {
      let start = form.elements.byteCount(elements: part.lowerBound - band.lowerBound)
      let piece = stored[start..<start + form.elements.byteCount(elements: part.count)]
      try write(UnsafeRawBufferPointer(rebasing: piece), form.elements.byteCount(elements: target))
    }
  }

  /// Hands on what lies in each column, in the place of a row; elements are plain.
  private func forEachColumn(
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

  /// Encodes elements of a band into the band's buffer.
  ///
  /// - Parameters:
  ///   - bytes: elements of the tensor's dtype; they begin and end at the border of a block, if the form has blocks.
  ///   - first: the number of the first of them.
  ///   - band: the elements of the band. Elements that leave it keep their order in the buffer.
  ///   - stored: room for the whole band.
  /// - Returns: what rounding cost.
  func encode(
    _ bytes: UnsafeRawBufferPointer, from first: Int, of band: Range<Int>, into stored: UnsafeMutableRawBufferPointer
  ) -> RoundingCost {
    let size = tensor.dtype.byteCount
    var cost = RoundingCost()
    guard let base = bytes.baseAddress, let place = stored.baseAddress else { return cost }
    func encode(_ part: Range<Int>, at target: Int) {
      convert(
        base + (part.lowerBound - first) * size, count: part.count,
        into: place + form.elements.byteCount(elements: target - band.lowerBound), &cost)
    }
    let elements = first..<first + bytes.count / size
    if let movedRows, movedRows.isClosed(band) {
      for (part, target) in movedRows.parts(of: elements) { encode(part, at: target) }
    } else {
      encode(elements, at: first)
    }
    return cost
  }

  /// So many elements, three times as float32 at the most, stay in a first-level cache; a multiple of every block's size.
  private static let atOnce = 2048

  private func convert(
    _ base: UnsafeRawPointer, count: Int, into place: UnsafeMutableRawPointer, _ cost: inout RoundingCost
  ) {
    let size = tensor.dtype.byteCount
    if form.addend == 0 {
      if form.elements == .plain(tensor.dtype) { return place.copyMemory(from: base, byteCount: count * size) }
      // Every shorter number is a float32: nothing is lost.
      if form.elements == .plain(.float32), size < 4, Int(bitPattern: place) % 4 == 0 {
        let floats = place.assumingMemoryBound(to: Float.self)
        return VectorKernels.best.toFloat32(from: base, dtype: tensor.dtype, count: count, into: floats)
      }
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * Self.atOnce) { scratch in
      guard let values = scratch.baseAddress else { return }
      for start in stride(from: 0, to: count, by: Self.atOnce) {
        let length = min(Self.atOnce, count - start)
        convertBlock(
          base + start * size, count: length, into: place + form.elements.byteCount(elements: start),
          values: values, back: values + Self.atOnce, &cost)
      }
    }
  }

  /// Converts elements that stay in a cache, and compares them with what was made of them.
  private func convertBlock(
    _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutableRawPointer, values: UnsafeMutablePointer<Float>,
    back: UnsafeMutablePointer<Float>, _ cost: inout RoundingCost
  ) {
    let kernels = VectorKernels.best
    var exact = UnsafePointer(values)
    if tensor.dtype == .float64, roundsOnce {
      kernels.toOddFloat32(from: source.assumingMemoryBound(to: Double.self), count: count, into: values)
    } else if tensor.dtype == .float32, form.addend == 0, Int(bitPattern: source) % 4 == 0 {
      exact = source.assumingMemoryBound(to: Float.self)
    } else {
      kernels.toFloat32(from: source, dtype: tensor.dtype, count: count, into: values)
      if form.addend != 0 { for i in 0..<count { values[i] += form.addend } }
    }
    switch form.elements {
    case .plain(let dtype):
      kernels.fromFloat32(exact, dtype: dtype, count: count, into: target)
      kernels.toFloat32(from: target, dtype: dtype, count: count, into: back)
    case .blocks(let format):
      kernels.fromFloat32(exact, blocks: format, count: count, into: target)
      kernels.toFloat32(from: target, blocks: format, count: count, into: back)
    }
    if tensor.dtype == .float64, form.addend == 0 {
      // A float64 has lost something on the way already.
      cost.add(
        kernels.roundingCost(of: source.assumingMemoryBound(to: Double.self), storedAs: back, count: count))
    } else {
      cost.add(kernels.roundingCost(of: exact, storedAs: back, count: count))
    }
  }

  /// Whether a float64 must not be rounded to float32 on the way to the stored type, which is narrower still.
  private var roundsOnce: Bool {
    guard case .plain(let dtype) = form.elements, form.addend == 0 else { return false }
    return dtype != .float32 && dtype.isFloatingPoint
  }
}
