internal import Tensors

/// Consecutive layers of the output that come from the same models, layer by layer, in the same manner.
struct LayerRun {
  /// The first layer in the output.
  private(set) var first: Int
  /// The steps of each layer.
  private(set) var layers: [[PlanStep]]
  /// The models and the layers of them that the first layer is made of.
  private(set) var origin: [Origin]

  struct Origin: Hashable {
    var model: Int
    var layer: Int
  }

  /// The layers of a plan, in runs that are as long as possible.
  static func runs(of steps: [PlanStep]) -> [LayerRun] {
    var byLayer: [Int: [PlanStep]] = [:]
    for step in steps {
      if case .layer(let layer) = step.role { byLayer[layer, default: []].append(step) }
    }
    var runs: [LayerRun] = []
    for (layer, steps) in byLayer.sorted(by: { $0.key < $1.key }) {
      let origin = origin(of: steps)
      let rows = steps.map(Row.init)
      if let last = runs.last, last.first + last.layers.count == layer, last.layers[0].map(Row.init) == rows,
        origin == last.origin.map({ Origin(model: $0.model, layer: $0.layer + last.layers.count) })
      {
        runs[runs.count - 1].layers.append(steps)
      } else {
        runs.append(LayerRun(first: layer, layers: [steps], origin: origin))
      }
    }
    return runs
  }

  /// What a step has in common with the same step of other layers.
  private struct Row: Equatable {
    var name: String?
    /// The method, nil for a copy.
    var method: String?
    var reason: String?

    init(_ step: PlanStep) {
      name = LayerName(step.output.name)?.rest
      switch step.operation {
      case .copy(let why): reason = why
      case .merge(let name, _, _):
        method = name
        reason = step.remark
      }
    }
  }

  private static func origin(of steps: [PlanStep]) -> [Origin] {
    let fullest = steps.max { $0.inputs.count < $1.inputs.count }
    return (fullest?.inputs ?? []).map { Origin(model: $0.model, layer: LayerName($0.tensor.name)?.layer ?? 0) }
  }

  private var names: [String] { (layers.first ?? []).compactMap { LayerName($0.output.name)?.rest } }

  /// Each tensor of a layer with its steps over the layers.
  var rows: [(name: String, steps: [PlanStep])] {
    names.enumerated().map { index, name in (name, layers.map { $0[index] }) }
  }

  /// Which layers these are, and where they come from.
  func title(in plan: MergePlan) -> String {
    let title = Self.range(first, layers.count)
    guard origin.contains(where: { $0.layer != first }) || Set(origin.map(\.model)).count < plan.models.count else {
      return title
    }
    let sources = origin.map { origin in
      "[\(origin.model + 1)]" + (origin.layer == first ? "" : " \(Self.range(origin.layer, layers.count))")
    }
    return title + " from " + sources.joined(separator: ", ")
  }

  private static func range(_ first: Int, _ count: Int) -> String {
    count == 1 ? "layer \(first)" : "layers \(first) to \(first + count - 1)"
  }
}
