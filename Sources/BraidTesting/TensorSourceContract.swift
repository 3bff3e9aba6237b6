public import Tensors
public import Testing

/// What every `TensorSource` promises; run it for each kind of source.
public enum TensorSourceContract {
  /// Reads every tensor whole, in pieces, from several tasks and in place, and checks that all agree.
  public static func check(_ source: some TensorSource, sourceLocation: SourceLocation = #_sourceLocation) async throws
  {
    for tensor in source.index.tensors {
      #expect(source.index[tensor.name] == tensor, sourceLocation: sourceLocation)
      let whole = try source.bytes(of: tensor.name)
      #expect(whole.count == tensor.byteCount, sourceLocation: sourceLocation)
      try checkPieces(of: tensor, in: source, whole, sourceLocation)
      try checkRegion(of: tensor, in: source, whole, sourceLocation)
      checkRefusals(of: tensor, in: source, sourceLocation)
    }
    try await checkConcurrency(source, sourceLocation)
    #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try source.bytes(of: "no such tensor") }
  }

  private static func checkPieces(
    of tensor: TensorDescription, in source: some TensorSource, _ whole: [UInt8], _ location: SourceLocation
  ) throws {
    let count = tensor.shape.elementCount
    let size = tensor.dtype.byteCount
    // A length that divides nothing, so that the last piece is a short one; an empty piece at the very end.
    for start in stride(from: 0, through: count, by: max(1, count / 3 + 1)) {
      let end = min(count, start + max(1, count / 3 + 1))
      let piece = try [UInt8](unsafeUninitializedCapacity: (end - start) * size) { buffer, filled in
        try source.read(tensor.name, elements: start..<end, into: UnsafeMutableRawBufferPointer(buffer))
        filled = (end - start) * size
      }
      #expect(
        piece == Array(whole[start * size..<end * size]), "\(tensor.name) \(start)..<\(end)", sourceLocation: location)
    }
  }

  private static func checkRegion(
    of tensor: TensorDescription, in source: some TensorSource, _ whole: [UInt8], _ location: SourceLocation
  ) throws {
    guard let region = try source.region(of: tensor.name) else { return }
    #expect(region.bytes.elementsEqual(whole), "\(tensor.name) in place", sourceLocation: location)
    region.release(0..<whole.count)
    #expect(region.bytes.elementsEqual(whole), "\(tensor.name) in place, released", sourceLocation: location)
  }

  private static func checkRefusals(
    of tensor: TensorDescription, in source: some TensorSource, _ location: SourceLocation
  ) {
    let count = tensor.shape.elementCount
    var room = [UInt8](repeating: 0, count: (count + 1) * tensor.dtype.byteCount)
    room.withUnsafeMutableBytes { buffer in
      #expect(throws: TensorSourceError.outOfRange(tensor.name), sourceLocation: location) {
        try source.read(tensor.name, elements: 0..<count + 1, into: buffer)
      }
      #expect(throws: TensorSourceError.outOfRange(tensor.name), sourceLocation: location) {
        try source.read(tensor.name, elements: 0..<count, into: buffer)
      }
    }
  }

  private static func checkConcurrency(_ source: some TensorSource, _ location: SourceLocation) async throws {
    let expected = try source.index.tensors.map { try source.bytes(of: $0.name) }
    try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
      for _ in 0..<4 {
        group.addTask { try source.index.tensors.map { try source.bytes(of: $0.name) } }
      }
      for try await read in group { #expect(read == expected, "read concurrently", sourceLocation: location) }
    }
  }
}
