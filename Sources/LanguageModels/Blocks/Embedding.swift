internal import CKernels
internal import Kernels
internal import Tensors

/// The vectors of the vocabulary, in the type in which they are stored.
struct Embedding: Sendable {
  /// The tensor of [tokens, width].
  let tensor: LoadedTensor

  /// What vectors are multiplied by.
  var scale: Float = 1

  private var width: Int { tensor.description.shape.rowLength }

  /// Adds the same vector to every row of a pass's stream.
  func add(index: Int, to pass: Pass) throws { try add(to: pass) { _ in index } }

  /// Adds the vectors of the rows' positions, counted from an offset, to a pass's stream.
  ///
  /// - Throws: ``NoPosition`` if there are fewer vectors than positions.
  func addPositions(from offset: Int, to pass: Pass) throws {
    let count = tensor.description.shape.dimensions[0] - offset
    for segment in pass.segments where segment.position + segment.tokens.count > count {
      throw NoPosition(request: segment.request, count: count)
    }
    try add(to: pass) { row in
      let segment = pass.segmentOfRow[row]
      return offset + pass.segments[segment].position + row - pass.firstRows[segment]
    }
  }

  private func add(to pass: Pass, _ index: @Sendable (_ row: Int) -> Int) throws {
    let width = self.width
    let stream = UnsafeSource(pass.stream(width: width))
    try pass.team.run(pass.rows, by: 64) { lane, range in
      let lane = pass.workspace.lanes[lane]
      let vector = lane.second.floats(width)
      for row in range {
        look(up: index(row), into: vector, scratch: lane.first)
        braid_lm_add_bias(stream.floats + row * width, width, vector, 1, width)
      }
    }
  }

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
        let place = stream.floats + row * width
        look(up: token, into: place, scratch: scratch)
        if scale != 1 {
          for i in 0..<width { place[i] *= scale }
        }
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
