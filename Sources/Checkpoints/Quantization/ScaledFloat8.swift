internal import Tensors

/// A float8 matrix times its scales: one for the whole, one for each row, or one for each block. A stack of matrices,
/// such as the experts of a layer, has as many of them.
///
/// DeepSeek-V3 stores `NAME_scale_inv` with a scale for each block of 128 × 128; compressed-tensors, FBGEMM and
/// ModelOpt store `NAME_scale`. Both are factors of the weight, whatever the first is called.
struct ScaledFloat8: TensorDerivation {
  /// What is added to a weight's name for its scales.
  private static let scaleSuffixes = ["_scale_inv", "_scale"]
  /// Endings of the names of scales that belong to activations and to the cache of keys and values.
  private static let activationSuffixes = [
    ".input_scale", ".output_scale", ".activation_scale", ".act_scale", ".k_scale", ".v_scale", ".q_scale",
    ".prob_scale", ".input_scale_ub",
  ]
  /// The block of DeepSeek-V3, where the configuration states none.
  private static let usualBlock = (rows: 128, columns: 128)
  /// Elements that are worked on at a time.
  private static let pieceLength = 1 << 14

  private let weight: StoredNumbers
  private let scale: StoredNumbers
  /// The length of the weight's rows.
  private let columns: Int
  private let grid: Grid

  /// Which scale an element has.
  private struct Grid {
    /// Rows and columns that share a scale.
    var rows: Int
    var columns: Int
    /// Scales in a row of them.
    var scalesPerRow: Int
    /// The rows of one matrix of the stack, and the rows of scales that belong to it.
    var matrixRows = Int.max
    var matrixScaleRows = 1

    /// The row of scales for a row of the weight.
    func scaleRow(ofRow row: Int) -> Int {
      let (matrix, inside) = row.quotientAndRemainder(dividingBy: matrixRows)
      return matrix * matrixScaleRows + inside / rows
    }
  }

  var sources: [String] { [weight.name, scale.name] }

  // MARK: Making

  /// The model's tensors with the scaled ones multiplied out; nil if no tensor has scales.
  static func derivations(
    of checkpoint: Checkpoint, settings: QuantizationSettings?
  ) throws(CheckpointError) -> [DerivedTensor]? {
    let index = checkpoint.index
    var result: [DerivedTensor] = []
    var used: Set<String> = []
    var scaled: [String: TensorDescription] = [:]
    for tensor in index.tensors where tensor.dtype == .float8E4M3 || tensor.dtype == .float8E5M2 {
      if let scale = scaleSuffixes.lazy.compactMap({ index[tensor.name + $0] }).first {
        scaled[tensor.name] = scale
        used.insert(scale.name)
      } else if settings != nil {
        throw PackedParts.fault(
          in: checkpoint, tensor.name, found: "float8 without scales",
          expected: scaleSuffixes.map { tensor.name + $0 }.joined(separator: " or "))
      }
    }
    guard !scaled.isEmpty else { return nil }
    for tensor in index.tensors where !used.contains(tensor.name) {
      if let scale = scaled[tensor.name] {
        result.append(
          DerivedTensor(
            description: TensorDescription(name: tensor.name, dtype: .float32, shape: tensor.shape),
            derivation: try ScaledFloat8(tensor, scale, block: settings?.blockSize ?? usualBlock, in: checkpoint)))
      } else if !activationSuffixes.contains(where: tensor.name.hasSuffix) {
        result.append(DerivedTensor(description: tensor, derivation: RenamedTensor(tensor.name)))
      }
    }
    return result
  }

  private init(
    _ weight: TensorDescription, _ scale: TensorDescription, block: (rows: Int, columns: Int), in checkpoint: Checkpoint
  ) throws(CheckpointError) {
    let parts = PackedParts(checkpoint: checkpoint, owner: weight.name)
    _ = try parts.part(scale.name, StoredNumbers.dtypes, why: "the scales of \(weight.name)")
    guard weight.shape.checkedElementCount.flatMap({ $0.multipliedReportingOverflow(by: 4).overflow ? nil : $0 }) != nil
    else {
      throw parts.fault(weight.name, found: "the shape \(weight.shape)", expected: "a size that does not overflow")
    }
    let columns = max(1, weight.shape.rowLength)
    let found = scale.shape.dimensions
    let shape = weight.shape.dimensions
    if found.allSatisfy({ $0 == 1 }) {
      grid = Grid(rows: .max, columns: .max, scalesPerRow: 1)
    } else if shape.count < 2 {
      throw parts.fault(
        scale.name, found: "the shape \(scale.shape)", expected: "[1] for \(weight.name) with the shape \(weight.shape)"
      )
    } else {
      let (stack, rows) = (shape.dropLast(2), max(1, shape[shape.count - 2]))
      let blocks = [Self.quotient(rows, block.rows), Self.quotient(columns, block.columns)]
      if found == stack + [rows] || found == stack + [rows, 1] {
        grid = Grid(rows: 1, columns: .max, scalesPerRow: 1, matrixRows: rows, matrixScaleRows: rows)
      } else if found == stack + blocks {
        grid = Grid(
          rows: block.rows, columns: block.columns, scalesPerRow: blocks[1], matrixRows: rows,
          matrixScaleRows: blocks[0])
      } else if !stack.isEmpty, found == Array(stack) || found == stack + [1, 1] {
        grid = Grid(rows: .max, columns: .max, scalesPerRow: 1, matrixRows: rows)
      } else {
        let choices = [[1]] + (stack.isEmpty ? [] : [Array(stack)]) + [stack + [rows], stack + [rows, 1]]
        throw parts.fault(
          scale.name, found: "the shape \(scale.shape)",
          expected: choices.map { "\(Shape($0))" }.joined(separator: ", ") + " or \(Shape(stack + blocks)) for "
            + "\(weight.name) with the shape \(weight.shape) and blocks of \(block.rows) × \(block.columns)")
      }
    }
    self.weight = StoredNumbers(name: weight.name, dtype: weight.dtype)
    self.scale = StoredNumbers(name: scale.name, dtype: scale.dtype)
    self.columns = columns
  }

  /// The quotient, rounded up.
  private static func quotient(_ a: Int, _ b: Int) -> Int { a / b + (a % b == 0 ? 0 : 1) }

  // MARK: Reading

  func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard let base = destination.baseAddress else { return }
    var values = [Float](repeating: 0, count: min(Self.pieceLength, elements.count))
    var start = elements.lowerBound
    while start < elements.upperBound {
      // Pieces end with rows where they can, so that each needs few runs of scales.
      let rowEnd = start - start % columns + max(1, Self.pieceLength / columns) * columns
      let piece = start..<min(start + values.count, rowEnd, elements.upperBound)
      try values.withUnsafeMutableBufferPointer { buffer in
        guard let numbers = buffer.baseAddress else { return }
        try weight.read(piece, from: checkpoint, into: numbers)
        try scaleUp(numbers, piece, from: checkpoint)
        (base + (piece.lowerBound - elements.lowerBound) * 4).copyMemory(from: numbers, byteCount: piece.count * 4)
      }
      start = piece.upperBound
    }
  }

  /// Multiplies the elements of a piece by their scales, row by row.
  private func scaleUp(
    _ numbers: UnsafeMutablePointer<Float>, _ piece: Range<Int>, from checkpoint: any TensorSource
  ) throws {
    let firstRow = piece.lowerBound / columns
    let lastRow = (piece.upperBound - 1) / columns
    let isOneRow = firstRow == lastRow
    let firstColumn = isOneRow ? piece.lowerBound % columns : 0
    let lastColumn = isOneRow ? (piece.upperBound - 1) % columns : columns - 1
    // What of each row of scales is needed; a row of the weight that does not fit a piece comes with few of them.
    let needed = firstColumn / grid.columns..<lastColumn / grid.columns + 1
    var factors = [Float](repeating: 0, count: needed.count)
    var loaded: Int?
    for row in firstRow...lastRow {
      let scaleRow = grid.scaleRow(ofRow: row)
      if loaded != scaleRow {
        let place = scaleRow * grid.scalesPerRow
        try factors.withUnsafeMutableBufferPointer { buffer in
          guard let factors = buffer.baseAddress else { return }
          try scale.read(place + needed.lowerBound..<place + needed.upperBound, from: checkpoint, into: factors)
        }
        loaded = scaleRow
      }
      var element = max(piece.lowerBound, row * columns)
      let end = min(piece.upperBound, (row + 1) * columns)
      while element < end {
        let block = element % columns / grid.columns
        let rest = grid.columns == .max ? end - element : (block + 1) * grid.columns - element % columns
        let factor = factors[block - needed.lowerBound]
        let stop = min(end, element + rest)
        for i in element - piece.lowerBound..<stop - piece.lowerBound { numbers[i] *= factor }
        element = stop
      }
    }
  }
}
