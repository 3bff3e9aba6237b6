public import Tensors

/// How spread out the task vectors of a matrix are.
public struct TaskVectorRanks: Hashable, Sendable {
  /// The stable rank of A - base; nil where that is zero or not finite.
  public var first: Double?
  /// The stable rank of B - base; nil where that is zero or not finite.
  public var second: Double?
  /// The most that a stable rank could be: the smaller extent.
  public var greatest: Int
}

/// A tensor that two models have in the same shape.
public struct TensorComparison: Hashable, Sendable {
  /// The tensor in A.
  public var first: TensorDescription
  /// The tensor in B.
  public var second: TensorDescription
  /// Where the tensor stands in the models.
  public var place: TensorPlace
  /// How the two differ.
  public var difference: TensorDifference
  /// How the task vectors relate; nil if there is no base or it lacks the tensor.
  public var taskVectors: TaskVectorRelation?
  /// The stable ranks of the task vectors, if the tensor is a matrix and they were found.
  public var ranks: TaskVectorRanks?
  /// Whether the matrix was too large to find stable ranks within the budget.
  public var isTooLargeToRank = false

  /// The tensor's name.
  public var name: String { first.name }
}

/// A tensor that two models have in different shapes, so that it cannot be compared.
public struct ReshapedTensor: Hashable, Sendable {
  /// The tensor in A.
  public var first: TensorDescription
  /// The tensor in B.
  public var second: TensorDescription
}

/// How two models differ, tensor by tensor.
public struct ModelComparison: Sendable {
  /// Tensors that are taken together.
  public struct Group: Hashable, Sendable {
    /// How the tensors of the group differ, as if they were one.
    public var difference = TensorDifference()
    /// How their task vectors relate; nil if no tensor of the group has a base.
    public var taskVectors: TaskVectorRelation?
    /// How many tensors the group has.
    public var count = 0

    mutating func add(_ tensor: TensorComparison) {
      difference.add(tensor.difference)
      if let vectors = tensor.taskVectors {
        var sum = taskVectors ?? TaskVectorRelation()
        sum.add(vectors)
        taskVectors = sum
      }
      count += 1
    }
  }

  /// A layer of a model, or what lies outside of layers.
  public struct Layer: Hashable, Sendable {
    /// The stack that the layer belongs to; nil outside of layers.
    public var stack: String?
    /// Its number; nil outside of layers.
    public var number: Int?
  }

  /// What the user calls A.
  public var first: String
  /// What the user calls B.
  public var second: String
  /// What the user calls the base.
  public var base: String?
  /// The tensors that both models have in the same shape, in A's order.
  public var tensors: [TensorComparison]
  /// Tensors that B lacks.
  public var onlyInFirst: [TensorDescription]
  /// Tensors that A lacks.
  public var onlyInSecond: [TensorDescription]
  /// Tensors whose shapes differ.
  public var reshaped: [ReshapedTensor]

  /// Compared tensors whose dtypes differ.
  public var retyped: [TensorComparison] { tensors.filter { $0.first.dtype != $0.second.dtype } }

  /// Compared tensors that the base lacks or has in another shape; none if there is no base.
  public var withoutBase: [TensorComparison] { base == nil ? [] : tensors.filter { $0.taskVectors == nil } }

  /// Compared tensors with elements that are infinite or no number.
  public var notFinite: [TensorComparison] { tensors.filter { $0.difference.notFinite > 0 } }

  /// All compared tensors together.
  public var total: Group { groups { _ in 0 }[0] ?? Group() }

  /// Compared tensors in groups that have something in common.
  public func groups<Key: Hashable>(by key: (TensorComparison) -> Key) -> [Key: Group] {
    var groups: [Key: Group] = [:]
    for tensor in tensors { groups[key(tensor), default: Group()].add(tensor) }
    return groups
  }

  /// Compared tensors by role: those in layers first, each in A's order.
  public var roles: [(role: String, group: Group)] {
    let groups = groups { $0.place.role }
    var order: [String] = []
    var seen: Set<String> = []
    for inLayers in [true, false] {
      for tensor in tensors where (tensor.place.layer != nil) == inLayers {
        if seen.insert(tensor.place.role).inserted { order.append(tensor.place.role) }
      }
    }
    return order.map { ($0, groups[$0] ?? Group()) }
  }

  /// Compared tensors by layer, in order; what lies outside of layers comes last.
  public var layers: [(layer: Layer, group: Group)] {
    groups(by: \.place.position).sorted { a, b in
      guard let first = a.key.number, let second = b.key.number else { return a.key.number != nil }
      return (a.key.stack ?? "", first) < (b.key.stack ?? "", second)
    }.map { ($0.key, $0.value) }
  }

  /// A layer and a role.
  public struct Cell: Hashable, Sendable {
    /// The layer.
    public var layer: Layer
    /// The role.
    public var role: String

    /// Names a cell.
    public init(layer: Layer, role: String) {
      self.layer = layer
      self.role = role
    }
  }

  /// Compared tensors in groups of one layer and one role.
  public var cells: [Cell: Group] { groups { Cell(layer: $0.place.position, role: $0.place.role) } }

  /// The median over matrices of stable rank over the most that it could be, for A and for B; nil where no matrix has
  /// one.
  public var medianRankShares: (first: Double?, second: Double?) {
    func median(_ rank: (TaskVectorRanks) -> Double?) -> Double? {
      let shares = tensors.compactMap { tensor in
        tensor.ranks.flatMap { ranks in rank(ranks).map { $0 / Double(max(1, ranks.greatest)) } }
      }.sorted()
      return shares.isEmpty ? nil : shares[shares.count / 2]
    }
    return (median(\.first), median(\.second))
  }

  /// The tensors that differ most: by relative distance, and where A is zero before all others.
  public func mostDifferent(_ count: Int) -> [TensorComparison] {
    let changed = tensors.enumerated().filter { $0.element.difference.distance > 0 }
    return changed.sorted { a, b in
      let (x, y) = (
        a.element.difference.relativeDistance ?? .infinity, b.element.difference.relativeDistance ?? .infinity
      )
      return x != y ? x > y : a.offset < b.offset
    }.prefix(count).map(\.element)
  }
}
