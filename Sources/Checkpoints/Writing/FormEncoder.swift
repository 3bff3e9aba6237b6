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

  /// How rows move, if they do.
  var interleaving: RowInterleaving? {
    form.interleavedHeads.map { RowInterleaving(heads: $0, shape: tensor.shape) }
  }

  /// Whether what is stored for a run of elements is one run of bytes.
  func staysTogether(_ elements: Range<Int>) -> Bool { interleaving?.isClosed(elements) ?? true }

  /// Encodes elements of a band into the band's buffer.
  ///
  /// - Parameters:
  ///   - bytes: elements of the tensor's dtype; they begin and end at the border of a block, if the form has blocks.
  ///   - first: the number of the first of them.
  ///   - band: the elements of the band. If it does not stay together, its rows keep their order.
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
    if let interleaving, interleaving.isClosed(band) {
      for (part, target) in interleaving.rows(of: elements) { encode(part, at: target) }
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
