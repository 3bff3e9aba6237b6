internal import Checkpoints
internal import MergeMethods
internal import MergeSpecs
internal import Tensors

/// A text that is equal exactly when two merges would write the same bytes.
enum MergeFingerprint {
  /// Changes whenever the arithmetic or the layout of the output does.
  static let version = 1

  /// Names every file that is read, with size and time of change, and every step with all of its parameters.
  static func text(of merge: OpenedMerge) -> String { text(of: merge.plan, parents: merge.parents) }

  /// A digest of the text.
  static func digest(of merge: OpenedMerge) -> ContentDigest { ContentDigest(of: text(of: merge)) }

  /// The same for a plan with these models.
  static func text(of plan: MergePlan, parents: [ParentModel]) -> String {
    var lines = ["braid merge \(version)"]
    for (model, parent) in zip(plan.models, parents) {
      lines.append("model \(model.reference)")
      lines += parent.identity
    }
    for step in plan.steps {
      let inputs = step.inputs.map { input in
        "\(input.model):\(input.tensor.name)" + (input.block.map { "\($0)" } ?? "")
          + (input.fill.map { "|\($0.model):\($0.tensor.name)" } ?? "")
      }.joined(separator: " ")
      let output = step.output
      var line = "\(output.name) \(output.dtype.rawValue) \(output.shape) = "
      switch step.operation {
      case .copy: line += "copy"
      case .merge(let method, let parameters, _):
        line += method + " " + text(of: parameters.global)
        if let seed = step.seed { line += " seed \(seed) " }
        line += parameters.perInput.map { "[\(text(of: $0))]" }.joined()
      }
      lines.append(line + " of \(inputs)" + (step.base.map { " base \($0)" } ?? ""))
    }
    return lines.joined(separator: "\n")
  }

  private static func text(of values: [String: Double]) -> String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}
