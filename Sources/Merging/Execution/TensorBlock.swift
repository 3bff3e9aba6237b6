internal import MergeSpecs
internal import Tensors

/// The first rows and columns of a tensor, as a tensor of its own: rows are read one by one, so that nothing of the
/// rest is kept in memory.
struct TensorBlock: TensorSource {
  let index: TensorIndex
  /// The block as a tensor; it keeps the name of the whole.
  let description: TensorDescription
  private let whole: any TensorSource
  /// How many elements a row of the whole has, and how many of them the block takes.
  private let width: (whole: Int, block: Int)
  private let wholeRegion: TensorRegion?

  /// Cuts a block out of a tensor.
  ///
  /// - Parameter shape: at most two extents, none larger than the tensor's.
  init(_ shape: Shape, of tensor: TensorDescription, in source: any TensorSource) throws {
    let (inner, outer) = (shape.dimensions, tensor.shape.dimensions)
    guard inner.count == outer.count, inner.count <= 2, zip(inner, outer).allSatisfy({ $0 <= $1 }) else {
      throw TensorSourceError.outOfRange(tensor.name)
    }
    description = TensorDescription(name: tensor.name, dtype: tensor.dtype, shape: shape)
    index = TensorIndex([description])
    whole = source
    width = inner.count == 2 ? (outer[1], inner[1]) : (1, 1)
    wholeRegion = try source.region(of: tensor.name)
  }

  func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let size = try checkRequest(tensor, elements: range, into: destination).dtype.byteCount
    guard width.whole != width.block, width.block > 0 else {
      return try whole.read(tensor, elements: range, into: destination)
    }
    var position = range.lowerBound
    while position < range.upperBound {
      let (row, column) = position.quotientAndRemainder(dividingBy: width.block)
      let count = min(width.block - column, range.upperBound - position)
      let first = row * width.whole + column
      let place = (position - range.lowerBound) * size
      let part = UnsafeMutableRawBufferPointer(rebasing: destination[place..<place + count * size])
      if let wholeRegion {
        part.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: wholeRegion.bytes[first * size..<(first + count) * size]))
      } else {
        try whole.read(tensor, elements: first..<first + count, into: part)
      }
      position += count
    }
    if let wholeRegion, let last = range.last {
      let start = range.lowerBound / width.block * width.whole
      wholeRegion.release(start * size..<(last / width.block + 1) * width.whole * size)
    }
  }

  func region(of tensor: String) throws -> TensorRegion? {
    guard width.whole == width.block, let wholeRegion else { return nil }
    // Rows that are read whole lie one behind the other.
    return TensorRegion(
      bytes: UnsafeRawBufferPointer(rebasing: wholeRegion.bytes[..<description.byteCount]), owner: wholeRegion
    ) { wholeRegion.release($0) }
  }
}

extension PlannedInput {
  /// What is read of the tensor itself, as a tensor.
  var part: TensorDescription {
    block.map { TensorDescription(name: tensor.name, dtype: tensor.dtype, shape: $0) } ?? tensor
  }

  /// Where that is read from.
  func partSource(in sources: [any TensorSource]) throws -> any TensorSource {
    guard let block else { return sources[model] }
    return try TensorBlock(block, of: tensor, in: sources[model])
  }

  /// What the step gets: the part, with the rows that stand in for missing ones behind it.
  var whole: TensorDescription { fill.map { FilledTensor.description(of: part, filledFrom: $0.tensor) } ?? part }

  /// Where that is read from.
  func source(in sources: [any TensorSource]) throws -> any TensorSource {
    let own = try partSource(in: sources)
    guard let fill else { return own }
    return try FilledTensor(part, in: own, filledFrom: fill.tensor, in: sources[fill.model])
  }
}
