internal import Checkpoints
internal import MergeMethods
internal import MergeSpecs
internal import Tensors

/// A text that is equal exactly when two merges would write the same bytes.
enum MergeFingerprint {
  /// Changes whenever the arithmetic or the layout of the output does.
  static let version = 1

  /// Names every file that is read, with size and time of change, and every step with all of its parameters.
  static func text(of merge: OpenedMerge) -> String { text(of: merge.plan, folders: merge.folders) }

  /// The same for a plan whose models lie in these folders.
  static func text(of plan: MergePlan, folders: [ModelFolder]) -> String {
    var lines = ["braid merge \(version)"]
    for (model, folder) in zip(plan.models, folders) {
      lines.append("model \(model.reference)")
      for file in folder.checkpoint.files { lines.append("file " + file.identity) }
    }
    for step in plan.steps {
      let inputs = step.inputs.map { "\($0.model):\($0.tensor.name)" + ($0.block.map { "\($0)" } ?? "") }.joined(
        separator: " ")
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
