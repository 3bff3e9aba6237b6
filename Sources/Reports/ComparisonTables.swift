internal import Comparisons
internal import Documents
internal import Tensors

/// The tables of a comparison.
struct ComparisonTables {
  let comparison: ModelComparison
  /// Whether shades stand before the figures of maps, for where there are no colours.
  let isShaded: Bool

  /// More roles and layers than any model has are not shown, so that a page stays a page.
  static let maximumRoles = 64
  /// More layers than this are not shown.
  static let maximumLayers = 256

  /// How A and B differ, all together and by role.
  var differences: TextTable {
    TextTable(
      columns: [TextTable.Column(title: ["", "role"], isText: true)]
        + Self.columns([
          ["", "tensors"], ["distance", "/ |A|"], ["", "cosine"], ["", "changed"], ["largest", "difference"],
        ]),
      rows: groups.map { name, group in
        let difference = group.difference
        return [name, "\(group.count)"].map { TextTable.Cell($0) } + Self.cells(of: difference)
      })
  }

  /// How the task vectors relate, all together and by role.
  var taskVectors: TextTable {
    let large = Figures.significant(Double(TaskVectorRelation.largeDifference))
    return TextTable(
      columns: [TextTable.Column(title: ["", "role"], isText: true)]
        + Self.columns([
          ["norm A", "/ |base|"], ["norm B", "/ |base|"], ["", "cosine"], ["sign", "conflict"], ["", "overlap"],
          ["A above", large], ["B above", large],
        ]),
      rows: groups.compactMap { name, group in
        guard let vectors = group.taskVectors else { return nil }
        let figures = [
          Self.figure(vectors.ratioOfFirst), Self.figure(vectors.ratioOfSecond), Self.signed(vectors.cosine),
          Self.plain(vectors.conflict), Self.plain(vectors.overlap), Figures.percent(vectors.largeShareOfFirst),
          Figures.percent(vectors.largeShareOfSecond),
        ]
        return ([name] + figures).map { TextTable.Cell($0) }
      })
  }

  /// Layers by roles: relative distances.
  var distanceMap: TextTable { map { $0.difference.relativeDistance } }

  /// Layers by roles: sign conflicts.
  var conflictMap: TextTable { map { $0.taskVectors?.conflict } }

  /// Single tensors.
  func tensors(_ tensors: [TensorComparison]) -> TextTable {
    let hasBase = comparison.base != nil
    return TextTable(
      columns: [TextTable.Column(title: ["", "tensor"], isText: true)]
        + Self.columns([
          ["", "shape"], ["distance", "/ |A|"], ["", "cosine"], ["", "changed"], ["largest", "difference"],
        ])
        + (hasBase ? Self.columns([["sign", "conflict"], ["stable", "rank A"], ["stable", "rank B"]]) : []),
      rows: tensors.map { tensor in
        let shape = tensor.first.shape.dimensions.map(String.init).joined(separator: "x")
        var row = [TextTable.Cell(PrintableText.of(tensor.name, limit: 60)), TextTable.Cell(shape)]
        row += Self.cells(of: tensor.difference)
        if hasBase {
          let ranks = [tensor.ranks?.first, tensor.ranks?.second]
          row.append(TextTable.Cell(Self.plain(tensor.taskVectors?.conflict)))
          row += ranks.map { TextTable.Cell($0.map { Decimal.text($0, decimals: 1) } ?? "-") }
        }
        return row
      })
  }

  // MARK: Parts

  private var groups: [(String, ModelComparison.Group)] {
    [("all", comparison.total)]
      + comparison.roles.prefix(Self.maximumRoles).map { (PrintableText.of($0.role, limit: 40), $0.group) }
  }

  private static func cells(of difference: TensorDifference) -> [TextTable.Cell] {
    [
      figure(difference.relativeDistance), difference.cosine.map { Decimal.text($0, decimals: 4) } ?? "-",
      Figures.percent(difference.changedShare), Figures.significant(difference.largest),
    ].map { TextTable.Cell($0) }
  }

  private static func columns(_ titles: [[String]]) -> [TextTable.Column] { titles.map { TextTable.Column(title: $0) } }

  private static func figure(_ value: Double?) -> String { value.map(Figures.significant) ?? "-" }

  private static func plain(_ value: Double?) -> String { value.map { Decimal.text($0, decimals: 2) } ?? "-" }

  private static func signed(_ value: Double?) -> String { value.map(Figures.signed) ?? "-" }

  /// A figure for each layer and role, with heat from nothing to the largest of the map.
  private func map(_ figure: (ModelComparison.Group) -> Double?) -> TextTable {
    let layers = comparison.layers.prefix(Self.maximumLayers)
    let roles = comparison.roles.prefix(Self.maximumRoles).map(\.role)
    let cells = comparison.cells
    let stacks = Set(layers.compactMap(\.layer.stack))
    let values = layers.map { layer, _ in
      roles.map { role in cells[ModelComparison.Cell(layer: layer, role: role)].flatMap(figure) }
    }
    let largest = values.joined().compactMap { $0 }.max() ?? 0
    func cell(_ value: Double?) -> TextTable.Cell {
      guard let value else { return TextTable.Cell("") }
      let heat = largest > 0 ? value / largest : 0
      let text = Figures.plain(value)
      var cell = TextTable.Cell(isShaded ? "\(Heat.shade(heat)) \(text)" : text)
      cell.heat = heat
      return cell
    }
    let rows = zip(layers, values).map { line, values in
      let stack = stacks.count > 1 ? PrintableText.of(line.layer.stack ?? "", limit: 40) + "." : ""
      let name = line.layer.number.map { stack + "\($0)" } ?? "other"
      let all = figure(line.group).map(Figures.plain) ?? ""
      return [TextTable.Cell(name)] + values.map(cell) + [TextTable.Cell(all)]
    }
    return TextTable(
      columns: [TextTable.Column(title: ["", "layer"], isText: true)]
        + (roles.map { Self.title(PrintableText.of($0, limit: 40)) } + [["", "all"]]).map {
          TextTable.Column(title: $0)
        },
      rows: rows)
  }

  /// A role over two lines if it is long: `post_attention_` and `layernorm`.
  private static func title(_ role: String) -> [String] {
    guard role.count > 9, let cut = role.dropFirst(3).dropLast(3).lastIndex(where: { "_.".contains($0) }) else {
      return ["", role]
    }
    return [String(role[...cut]), String(role[role.index(after: cut)...])]
  }
}
