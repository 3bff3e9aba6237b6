internal import Kernels
private import Synchronization
internal import Tensors
internal import Vocabularies

/// A matrix put together from rows of others while it is read.
///
/// Rows that follow each other in one place are read in one go; what has to be converted or averaged goes through
/// buffers of a fixed size. A class, because the mean of all rows is computed once, for all readers.
final class RowGather: Sendable {
  /// Where the rows of one model come from.
  struct Input: Sendable {
    var source: any TensorSource
    var tensor: TensorDescription
  }

  /// The most elements that are converted at a time.
  private static let blockElements = 1 << 16

  /// The matrix.
  let output: TensorDescription
  private let map: TokenMap
  private let inputs: [Int: Input]
  private let width: Int
  private let paddingRow = Mutex<[Float]?>(nil)

  /// - Parameter inputs: for every model that the map takes rows of, the tensor; all rows are equally long.
  init(output: TensorDescription, map: TokenMap, inputs: [Int: Input]) {
    self.output = output
    self.map = map
    self.inputs = inputs
    width = output.shape.dimensions.dropFirst().reduce(1, *)
  }

  /// Delivers elements in flat order.
  func read(_ elements: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    guard width > 0, !elements.isEmpty else { return }
    var number = map.run(of: elements.lowerBound / width)
    var position = elements.lowerBound
    while position < elements.upperBound, number < map.runs.count {
      let run = map.runs[number]
      let end = min(elements.upperBound, run.rows.upperBound * width)
      let start = (position - elements.lowerBound) * output.dtype.byteCount
      let place = UnsafeMutableRawBufferPointer(
        rebasing: destination[start..<start + (end - position) * output.dtype.byteCount])
      try write(run, elements: position - run.rows.lowerBound * width..<end - run.rows.lowerBound * width, into: place)
      position = end
      number += 1
    }
  }

  /// Writes a part of a run; elements count from the run's first.
  private func write(
    _ run: TokenMap.Run, elements: Range<Int>, into place: UnsafeMutableRawBufferPointer
  ) throws {
    switch run.content {
    case .rows(let first):
      let input = try input(of: first.model)
      let start = first.row * width
      let wanted = start + elements.lowerBound..<start + elements.upperBound
      if input.tensor.dtype == output.dtype {
        try input.source.read(input.tensor.name, elements: wanted, into: place)
      } else {
        try convert(wanted, of: input, into: place)
      }
    case .zero: place.initializeMemory(as: UInt8.self, repeating: 0)
    case .mean(let places): fill(place, elements: elements, with: try mean(of: places))
    case .padding: fill(place, elements: elements, with: try meanOfAll())
    }
  }

  private func input(of model: Int) throws -> Input {
    guard let input = inputs[model] else { throw TensorSourceError.noSuchTensor(output.name) }
    return input
  }

  /// Reads elements of another dtype, a block at a time.
  private func convert(_ range: Range<Int>, of input: Input, into place: UnsafeMutableRawBufferPointer) throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockElements) {
      let block = start..<min(start + Self.blockElements, range.upperBound)
      let values = try floats(block, of: input)
      let offset = (start - range.lowerBound) * output.dtype.byteCount
      round(values, into: UnsafeMutableRawBufferPointer(rebasing: place[offset...]))
    }
  }

  private func floats(_ range: Range<Int>, of input: Input) throws -> [Float] {
    let dtype = input.tensor.dtype
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count * dtype.byteCount, alignment: 64)
    defer { room.deallocate() }
    try input.source.read(input.tensor.name, elements: range, into: room)
    return [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
      if let target = buffer.baseAddress, let source = room.baseAddress {
        VectorKernels.best.toFloat32(from: source, dtype: dtype, count: range.count, into: target)
      }
      count = range.count
    }
  }

  private func round(_ values: [Float], into place: UnsafeMutableRawBufferPointer) {
    values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress, let target = place.baseAddress else { return }
      VectorKernels.best.fromFloat32(source, dtype: output.dtype, count: values.count, into: target)
    }
  }

  // MARK: Means

  /// The mean of a few rows: added in float32 in the order of the models.
  private func mean(of places: [TokenMap.Place]) throws -> [Float] {
    var sum = [Float](repeating: 0, count: width)
    for place in places {
      let row = try floats(place.row * width..<(place.row + 1) * width, of: try input(of: place.model))
      for column in 0..<width { sum[column] += row[column] }
    }
    return sum.map { $0 / Float(places.count) }
  }

  /// The mean of all rows before the padding: added in float64.
  private func meanOfAll() throws -> [Float] {
    if let known = paddingRow.withLock({ $0 }) { return known }
    let whole = Input(source: GatheredRows(self), tensor: output)
    let rows = max(1, Self.blockElements / width)
    var sum = [Double](repeating: 0, count: width)
    for start in stride(from: 0, to: map.meanCount, by: rows) {
      let block = try floats(start * width..<min(start + rows, map.meanCount) * width, of: whole)
      for (index, value) in block.enumerated() { sum[index % width] += Double(value) }
    }
    let mean = sum.map { Float($0 / Double(max(1, map.meanCount))) }
    paddingRow.withLock { $0 = mean }
    return mean
  }

  /// Writes a part of a run in which all rows are the same.
  private func fill(_ place: UnsafeMutableRawBufferPointer, elements: Range<Int>, with row: [Float]) {
    let size = output.dtype.byteCount
    let stored = UnsafeMutableRawBufferPointer.allocate(byteCount: width * size, alignment: 64)
    defer { stored.deallocate() }
    round(row, into: stored)
    var position = elements.lowerBound
    while position < elements.upperBound {
      let column = position % width
      let count = min(width - column, elements.upperBound - position)
      let start = (position - elements.lowerBound) * size
      UnsafeMutableRawBufferPointer(rebasing: place[start..<start + count * size]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: stored[column * size..<(column + count) * size]))
      position += count
    }
  }
}

/// The rows before the padding as a source of their own.
private struct GatheredRows: TensorSource {
  let gather: RowGather
  let index: TensorIndex

  init(_ gather: RowGather) {
    self.gather = gather
    index = TensorIndex([gather.output])
  }

  func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try gather.read(range, into: destination)
  }
}
