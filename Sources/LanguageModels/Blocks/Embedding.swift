internal import Kernels
internal import Tensors

/// The vectors of the vocabulary, in the type in which they are stored.
struct Embedding: Sendable {
  /// The tensor of [tokens, width].
  let tensor: LoadedTensor

  private var width: Int { tensor.description.shape.rowLength }

  /// Puts the vectors of a pass's tokens on its stream.
  func apply(_ pass: Pass) throws {
    let width = self.width
    let stream = UnsafeSource(pass.stream(width: width))
    try pass.team.run(pass.rows, by: 64) { lane, range in
      let scratch = pass.workspace.lanes[lane].first
      for row in range {
        let segment = pass.segmentOfRow[row]
        let tokens = pass.segments[segment].tokens
        let token = tokens[tokens.startIndex + row - pass.firstRows[segment]]
        let place = UnsafeMutablePointer(mutating: stream.pointer.assumingMemoryBound(to: Float.self)) + row * width
        look(up: token, into: place, scratch: scratch)
      }
    }
  }

  private func look(up token: Int, into place: UnsafeMutablePointer<Float>, scratch: ScratchMemory) {
    let dtype = tensor.description.dtype
    let size = width * dtype.byteCount
    let source = UnsafeRawBufferPointer(rebasing: tensor.bytes[token * size..<(token + 1) * size])
    // Files may hold elements at any address, conversions want them aligned.
    let copy = UnsafeMutableRawBufferPointer(start: scratch.bytes(size), count: size)
    copy.copyMemory(from: source)
    VectorKernels.best.toFloat32(
      from: UnsafeRawPointer(scratch.bytes(size)), dtype: dtype, count: width, into: place)
  }
}
