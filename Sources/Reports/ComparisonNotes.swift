internal import Comparisons
internal import Documents
internal import Tensors

/// What a comparison could not compare, and what a reader should know of it, one sentence a line.
struct ComparisonNotes {
  let lines: [String]

  init(_ comparison: ModelComparison) {
    var lines: [String] = []
    func list(_ what: String, _ names: [String]) {
      if !names.isEmpty { lines.append("\(what) (\(names.count)): \(Self.some(names)).") }
    }
    list("Only in A", comparison.onlyInFirst.map(\.name))
    list("Only in B", comparison.onlyInSecond.map(\.name))
    list(
      "Of different shapes, so not compared",
      comparison.reshaped.map { "\($0.first.name) \($0.first.shape) and \($0.second.shape)" })
    let retyped = Dictionary(grouping: comparison.retyped) {
      "\($0.first.dtype.rawValue) and \($0.second.dtype.rawValue)"
    }
    for (dtypes, tensors) in retyped.sorted(by: { $0.key < $1.key }) {
      list("Of different dtypes, \(dtypes), compared by value", tensors.map(\.name))
    }
    list("Not in the base, or of another shape there", comparison.withoutBase.map(\.name))
    list(
      "With elements that are infinite or no number, which count in no figure",
      comparison.notFinite.map { "\($0.name) \($0.difference.notFinite)" })
    list(
      "Too large to find stable ranks within the memory budget",
      comparison.tensors.filter(\.isTooLargeToRank).map(\.name))
    let (roles, layers) = (comparison.roles.count, comparison.layers.count)
    if roles > ComparisonTables.maximumRoles || layers > ComparisonTables.maximumLayers {
      lines.append(
        "Tables show \(ComparisonTables.maximumRoles) of \(roles) roles and \(ComparisonTables.maximumLayers) of "
          + "\(layers) layers at most; --json has all.")
    }
    self.lines = lines
  }

  private static func some(_ names: [String]) -> String {
    names.prefix(5).map { PrintableText.of($0, limit: 80) }.joined(separator: ", ")
      + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}
