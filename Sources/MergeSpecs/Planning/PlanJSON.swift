internal import Documents
internal import MergeMethods
internal import Tensors

extension MergePlan {
  /// The plan for programs: everything in it, as one JSON object with a line for each tensor.
  ///
  /// Models are numbered from zero, in `inputs` and `donor`; several methods are separated by commas; flags among the
  /// parameters are 0 or 1, and a word is its place among those that `braid methods` lists.
  public func json() -> String {
    let modelLines = models.map {
      "    {\"reference\": \(JSONEdit.quote($0.reference)), \"location\": \(JSONEdit.quote($0.location))"
        + ($0.isStage ? ", \"stage\": true}" : "}")
    }
    let tensorLines = steps.map { "    " + Self.json($0) }
    var lines = [
      "  \"method\": \(JSONEdit.quote(methodName))", "  \"donor\": \(donor)",
      "  \"bytes_read\": \(inputByteCount)", "  \"bytes_written\": \(outputByteCount)",
    ]
    if let seed { lines.append("  \"seed\": \(seed)") }
    if let layerCount { lines.append("  \"layers\": \(layerCount)") }
    if let vocabularySize { lines.append("  \"vocabulary_size\": \(vocabularySize)") }
    for stack in layers where !stack.isMain {
      lines.append("  \"layers_of_\(stack.module ?? "")\": \(stack.origins.count)")
    }
    if let configurationDType {
      lines.append("  \"configuration_dtype\": \(JSONEdit.quote(configurationDType.rawValue))")
    }
    if let tiesEmbeddings { lines.append("  \"tie_word_embeddings\": \(tiesEmbeddings)") }
    lines.append("  \"models\": [\n\(modelLines.joined(separator: ",\n"))\n  ]")
    lines.append("  \"tensors\": [\n\(tensorLines.joined(separator: ",\n"))\n  ]")
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  private static func json(_ step: PlanStep) -> String {
    var members = [member("name", JSONEdit.quote(step.output.name)), member("role", JSONEdit.quote(step.role.name))]
    if case .layer(let layer) = step.role { members.append(member("layer", "\(layer)")) }
    members.append(member("dtype", JSONEdit.quote(step.output.dtype.rawValue)))
    members.append(member("shape", step.output.shape.description))
    members.append(member("bytes", "\(step.output.byteCount)"))
    let inputs = step.inputs.map { input in
      "{\"model\": \(input.model), \"tensor\": \(JSONEdit.quote(input.tensor.name)), "
        + "\"dtype\": \(JSONEdit.quote(input.tensor.dtype.rawValue))"
        + (input.block.map { ", \"block\": \($0)" } ?? "")
        + (input.fill.map { ", \"fill\": \($0.model)" } ?? "") + "}"
    }
    members.append(member("inputs", "[\(inputs.joined(separator: ", "))]"))
    if let base = step.base { members.append(member("base", "\(base)")) }
    switch step.operation {
    case .copy(let reason):
      members.append(member("operation", "\"copy\""))
      if let reason { members.append(member("reason", JSONEdit.quote(reason))) }
    case .merge(let method, let parameters, _):
      members.append(member("operation", JSONEdit.quote(method)))
      members.append(member("parameters", json(parameters.global)))
      members.append(member("input_parameters", "[\(parameters.perInput.map(json).joined(separator: ", "))]"))
    }
    if let remark = step.remark { members.append(member("remark", JSONEdit.quote(remark))) }
    return "{" + members.joined(separator: ", ") + "}"
  }

  private static func member(_ key: String, _ json: String) -> String { "\"\(key)\": \(json)" }

  private static func json(_ values: [String: Double]) -> String {
    let members = values.sorted { $0.key < $1.key }.map { "\(JSONEdit.quote($0.key)): \(json($0.value))" }
    return "{" + members.joined(separator: ", ") + "}"
  }

  private static func json(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

extension TensorRole {
  /// The role as programs know it.
  public var name: String {
    switch self {
    case .embedding: "embedding"
    case .layer: "layer"
    case .finalNorm: "final_norm"
    case .head: "head"
    case .other: "other"
    }
  }
}
