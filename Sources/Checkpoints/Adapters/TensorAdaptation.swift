internal import Documents
internal import Kernels
internal import Tensors

/// How one tensor of the adapted model comes about.
///
/// It is computed in float32 and rounded once, to the dtype that the model stores: PEFT rounds the update and the sum
/// where the model is not float32.
struct TensorAdaptation: Sendable {
  /// The tensor as readers see it.
  let description: TensorDescription
  /// The tensor that the update is added to.
  let origin: TensorDescription
  /// Whether that is one of the adapter, in place of the model's.
  let isReplaced: Bool
  /// What is added to the matrix.
  var update: LowRankUpdate?
  /// What rows are scaled by in the end.
  var magnitudes: MagnitudeFactors?
  /// A vector that is added, times a factor.
  var addend: (tensor: StoredNumbers, scale: Float)?
  /// Rows of the adapter that take the place of the model's.
  var rows: RowReplacement?
  /// How many matrices the tensor is made of.
  var experts = 1

  /// Elements that are held at once where they cannot be read to their place.
  private static let pieceLength = 1 << 20

  /// What a reader allocates at the most: two pieces, a tile with a vector beside it, and panels no larger than it.
  static let readerByteCount = 2 * pieceLength * 4 + 4 * MatrixTiles.maximumElements * 4

  private var isComputed: Bool { update != nil || magnitudes != nil || addend != nil }

  private var tiles: MatrixTiles {
    let dimensions = description.shape.dimensions
    guard dimensions.count > 1 else { return MatrixTiles(rows: 1, columns: dimensions.first ?? 1) }
    if experts > 1 {
      return MatrixTiles(rows: dimensions[1], columns: dimensions.dropFirst(2).reduce(1, *))
    }
    return MatrixTiles(rows: dimensions[0], columns: dimensions.dropFirst().reduce(1, *))
  }

  /// Where the origin's elements are, if readers see just those.
  func region(base: any TensorSource, adapter: any TensorSource) throws -> TensorRegion? {
    guard !isComputed, rows == nil, origin.dtype == description.dtype else { return nil }
    return try (isReplaced ? adapter : base).region(of: origin.name)
  }

  func read(
    _ elements: Range<Int>, base: any TensorSource, adapter: any TensorSource,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard !elements.isEmpty, let target = destination.baseAddress else { return }
    try readChanged(elements, base: base, adapter: adapter, into: destination, at: target)
    try rows?.forEachRun(in: elements, from: adapter) { place, numbers, count in
      // Elements may lie anywhere in the destination.
      let size = description.dtype.byteCount
      let room = AlignedMemory(byteCount: count * size)
      VectorKernels.best.fromFloat32(numbers, dtype: description.dtype, count: count, into: room.address)
      (target + place * size).copyMemory(from: room.address, byteCount: count * size)
    }
  }

  /// Reads elements with everything but replaced rows done to them.
  private func readChanged(
    _ elements: Range<Int>, base: any TensorSource, adapter: any TensorSource,
    into destination: UnsafeMutableRawBufferPointer, at target: UnsafeMutableRawPointer
  ) throws {
    let source = isReplaced ? adapter : base
    if !isComputed, origin.dtype == description.dtype {
      return try source.read(origin.name, elements: elements, into: destination)
    }
    let factors = try magnitudes?.values(from: adapter) { sums in
      try addSquaredLengths(to: sums, source: source, adapter: adapter)
    }
    let size = description.dtype.byteCount
    // Elements are read to where they belong and changed there, if they may lie there.
    if origin.dtype == description.dtype, Int(bitPattern: target) % size == 0 {
      try source.read(origin.name, elements: elements, into: destination)
      return try change(
        elements, stored: UnsafeRawPointer(target), into: target, adapter: adapter, factors: factors)
    }
    let length = min(elements.count, Self.pieceLength)
    let stored = AlignedMemory(byteCount: length * origin.dtype.byteCount)
    let result = AlignedMemory(byteCount: length * size)
    for start in stride(from: elements.lowerBound, to: elements.upperBound, by: length) {
      let piece = start..<min(start + length, elements.upperBound)
      try source.read(
        origin.name, elements: piece,
        into: UnsafeMutableRawBufferPointer(start: stored.address, count: piece.count * origin.dtype.byteCount))
      try change(
        piece, stored: UnsafeRawPointer(stored.address), into: result.address, adapter: adapter, factors: factors)
      (target + (start - elements.lowerBound) * size).copyMemory(from: result.address, byteCount: piece.count * size)
    }
  }

  /// Computes a range of elements from stored ones; both may be at the same place.
  private func change(
    _ elements: Range<Int>, stored: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    adapter: any TensorSource, factors: [Float]?
  ) throws {
    try forEachUpdatedTile(of: elements, stored: stored, adapter: adapter) { tile, numbers in
      if let factors { magnitudes?.scale(numbers, rows: tile.rows, columns: tile.columns, by: factors) }
      Self.forEachRun(of: tile, in: tiles) { place, offset, count in
        VectorKernels.best.fromFloat32(
          numbers + place, dtype: description.dtype, count: count, into: result + offset * description.dtype.byteCount)
      }
    }
  }

  /// Calls `body` with the runs of a tile's elements that lie without gaps both in the tile and in the tensor: where
  /// each begins in either, and its length.
  private static func forEachRun(of tile: MatrixTiles.Tile, in tiles: MatrixTiles, _ body: (Int, Int, Int) -> Void) {
    let width = tile.columns.count
    if width == tiles.columns { return body(0, tile.offset, tile.rows.count * width) }
    for row in 0..<tile.rows.count { body(row * width, tile.offset + row * tiles.columns, width) }
  }

  /// Calls `body` with each tile of a range after the update.
  private func forEachUpdatedTile(
    of elements: Range<Int>, stored: UnsafeRawPointer, adapter: any TensorSource,
    _ body: (MatrixTiles.Tile, UnsafeMutablePointer<Float>) throws -> Void
  ) throws {
    let tiles = tiles
    let memory = AlignedMemory(byteCount: MatrixTiles.maximumElements * 4)
    let vector = AlignedMemory(byteCount: addend == nil ? 0 : MatrixTiles.maximumElements * 4)
    let panels = LowRankUpdate.Panels()
    try tiles.forEachTile(of: elements) { tile in
      Self.forEachRun(of: tile, in: tiles) { place, offset, count in
        VectorKernels.best.toFloat32(
          from: stored + offset * origin.dtype.byteCount, dtype: origin.dtype, count: count,
          into: memory.floats + place)
      }
      try update?.add(
        to: memory.floats, rows: tile.rows, columns: tile.columns, expert: tile.matrix, from: adapter, panels: panels)
      if let addend {
        // A vector is a matrix of one row.
        try addend.tensor.read(tile.columns, from: adapter, into: vector.floats)
        for i in 0..<tile.columns.count { memory.floats[i] += addend.scale * vector.floats[i] }
      }
      try body(tile, memory.floats)
    }
  }

  /// One pass over the whole matrix, in order.
  private func addSquaredLengths(
    to sums: UnsafeMutableBufferPointer<Double>, source: any TensorSource, adapter: any TensorSource
  ) throws {
    let count = description.shape.elementCount
    let stored = AlignedMemory(byteCount: min(count, Self.pieceLength) * origin.dtype.byteCount)
    for start in stride(from: 0, to: count, by: Self.pieceLength) {
      let piece = start..<min(start + Self.pieceLength, count)
      try source.read(
        origin.name, elements: piece,
        into: UnsafeMutableRawBufferPointer(start: stored.address, count: piece.count * origin.dtype.byteCount))
      try forEachUpdatedTile(of: piece, stored: UnsafeRawPointer(stored.address), adapter: adapter) { tile, numbers in
        magnitudes?.addSquares(of: numbers, rows: tile.rows, columns: tile.columns, to: sums)
      }
    }
  }
}
