internal import Kernels
public import Tensors

/// A model that takes part in a comparison.
public struct ComparedModel: Sendable {
  /// What the user calls it.
  public var name: String
  /// Its weights.
  public var weights: any TensorSource

  /// Names a model.
  public init(name: String, weights: any TensorSource) {
    self.name = name
    self.weights = weights
  }
}

/// Two models, and the base that both came from if it is known, with their tensors paired by name.
public struct ModelPair: Sendable {
  private let first: ComparedModel
  private let second: ComparedModel
  private let base: ComparedModel?
  private let resources: ComparisonResources
  private let isRanked: Bool
  private let pairs: [Pair]

  /// Two tensors that can be compared.
  private struct Pair: Sendable {
    var first: TensorDescription
    var second: TensorDescription
    /// The base has a tensor of the same name and shape.
    var hasBase: Bool
    /// A matrix whose task vectors have a stable rank.
    var isMatrix: Bool
    /// The size of one element of each tensor, added up.
    var bytesPerElement: Int

    var elements: Int { first.shape.elementCount }
    var byteCount: Int { elements * bytesPerElement }
  }

  /// Pairs tensors; nothing is read but the indexes.
  ///
  /// - Parameter ranksTaskVectors: whether the stable ranks of task vectors are found, which takes longer than all else.
  public init(
    _ first: ComparedModel, _ second: ComparedModel, base: ComparedModel?, ranksTaskVectors: Bool = true,
    resources: ComparisonResources
  ) {
    self.first = first
    self.second = second
    self.base = base
    self.resources = resources
    isRanked = ranksTaskVectors
    pairs = first.weights.index.tensors.compactMap { tensor in
      guard let other = second.weights.index[tensor.name], other.shape == tensor.shape else { return nil }
      let origin = base?.weights.index[tensor.name]
      let hasBase = origin?.shape == tensor.shape
      return Pair(
        first: tensor, second: other, hasBase: hasBase,
        isMatrix: tensor.shape.dimensions.count == 2 && tensor.shape.dimensions.allSatisfy { $0 > 1 },
        bytesPerElement: tensor.dtype.byteCount + other.dtype.byteCount
          + (hasBase ? origin?.dtype.byteCount ?? 0 : 0))
    }
  }

  /// How many bytes a comparison reads.
  public var workload: Int {
    pairs.reduce(0) { $0 + $1.byteCount } + pairs.reduce(0) { $0 + (isRanked($1) ? $1.byteCount : 0) }
  }

  private func isRanked(_ pair: Pair) -> Bool { isRanked && pair.isMatrix && pair.hasBase && fits(pair) }

  private func fits(_ pair: Pair) -> Bool {
    let extents = pair.first.shape.dimensions
    return StableRank.byteCount(rows: extents[0], columns: extents[1]) <= resources.matrixBytes
  }

  /// Reads the tensors and compares them.
  ///
  /// - Parameter progress: called with the number of bytes read since the last call, from any thread.
  public func compare(progress: @escaping @Sendable (Int) -> Void = { _ in }) throws -> ModelComparison {
    let blocks = try pairs.map { pair in
      var tensors = [(name: pair.first.name, source: first.weights), (pair.first.name, second.weights)]
      if pair.hasBase, let base { tensors.append((pair.first.name, base.weights)) }
      return try TensorBlocks(tensors)
    }
    let kernels = VectorKernels.best
    let sums = try BlockStream(resources: resources, progress: progress).sums(over: blocks) { _, block, count in
      var sums = PairSums()
      sums.difference = kernels.differenceSums(block[0], block[1], count: count)
      if block.count > 2 {
        sums.taskVectors = kernels.taskVectorSums(
          base: block[2], block[0], block[1], count: count, large: TaskVectorRelation.largeDifference)
      }
      return sums
    }
    let matrix = ScratchMemory()
    let places = TensorPlace.places(of: pairs.map(\.first.name))
    var tensors: [TensorComparison] = []
    for (number, pair) in pairs.enumerated() {
      var tensor = TensorComparison(
        first: pair.first, second: pair.second, place: places[number],
        difference: TensorDifference(sums[number].difference, elements: pair.elements),
        taskVectors: pair.hasBase ? TaskVectorRelation(sums[number].taskVectors) : nil)
      if isRanked(pair) {
        tensor.ranks = try ranks(of: pair, sums[number].taskVectors, matrix: matrix)
        progress(pair.byteCount)
      } else if isRanked, pair.isMatrix, pair.hasBase {
        tensor.isTooLargeToRank = true
      }
      tensors.append(tensor)
    }
    return comparison(of: tensors)
  }

  private func ranks(of pair: Pair, _ sums: TaskVectorSums, matrix: ScratchMemory) throws -> TaskVectorRanks {
    let shape = pair.first.shape.dimensions
    let place = SharedFloats(start: matrix.floats(pair.elements))
    func rank(of model: ComparedModel, squares: Double) throws -> Double? {
      guard let base, squares > 0, sums.pair.counted == pair.elements else { return nil }
      let blocks = try TensorBlocks([(pair.first.name, model.weights), (pair.first.name, base.weights)])
      try ThreadTeam(count: resources.threads).run(
        pair.elements, by: blocks.partsAtOnce(resources) * TensorBlocks.partElements
      ) { _, piece in
        try blocks.forEachBlock(of: piece, scratch: BlockScratch(inputs: 2)) { block, range in
          let target = place.start + range.lowerBound
          for i in 0..<range.count { target[i] = block[0][i] - block[1][i] }
        }
      }
      return try StableRank.of(place.start, rows: shape[0], columns: shape[1], threads: resources.threads)
    }
    return TaskVectorRanks(
      first: try rank(of: first, squares: sums.pair.squaresOfFirst),
      second: try rank(of: second, squares: sums.pair.squaresOfSecond), greatest: shape.min() ?? 0)
  }

  private func comparison(of tensors: [TensorComparison]) -> ModelComparison {
    let (a, b) = (first.weights.index, second.weights.index)
    return ModelComparison(
      first: first.name, second: second.name, base: base?.name, tensors: tensors,
      onlyInFirst: a.tensors.filter { b[$0.name] == nil }, onlyInSecond: b.tensors.filter { a[$0.name] == nil },
      reshaped: a.tensors.compactMap { tensor in
        b[tensor.name].flatMap { $0.shape == tensor.shape ? nil : ReshapedTensor(first: tensor, second: $0) }
      })
  }
}

/// Both kinds of sums over a pair of tensors.
private struct PairSums: BlockSums {
  var difference = DifferenceSums()
  var taskVectors = TaskVectorSums()

  mutating func add(_ next: PairSums) {
    difference.add(next.difference)
    taskVectors.add(next.taskVectors)
  }
}

/// Unchecked: every thread writes places of its own.
private struct SharedFloats: @unchecked Sendable {
  var start: UnsafeMutablePointer<Float>
}
