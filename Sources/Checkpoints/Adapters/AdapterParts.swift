internal import Documents
internal import Tensors

/// The tensors of an adapter, sorted by what they change.
struct AdapterParts {
  /// The tensors that belong to one low-rank update.
  struct Update {
    var target: String
    var depth: Int
    var parts: [AdapterTensorName.Part: TensorDescription] = [:]

    /// A tensor of the update, for messages.
    var someName: String { parts.values.map(\.name).min() ?? target }
  }

  /// Updates in the order of the file.
  private(set) var updates: [Update] = []
  /// Tensors that take the place of the model's, by the name of those.
  private(set) var replacements: [(target: String, tensor: TensorDescription)] = []
  /// Rows that take the place of a module's weight's, by the name of the module.
  private(set) var tokenRows: [(target: String, tensor: TensorDescription)] = []

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    var places: [String: Int] = [:]
    var names: Set<String> = []
    var replaced: Set<String> = []
    var trained: Set<String> = []
    for tensor in checkpoint.index.tensors {
      let name = AdapterTensorName(tensor.name)
      if let adapter = name.adapter { names.insert(adapter) }
      switch name.part {
      case .original: continue
      case .unknown:
        throw PackedParts.fault(
          in: checkpoint, tensor.name, found: "a part that LoRA does not have",
          expected: "lora_A, lora_B, lora_embedding_A, lora_embedding_B, lora_magnitude_vector, "
            + "trainable_tokens_delta or a whole weight")
      case .whole:
        guard replaced.insert(name.target).inserted else {
          throw PackedParts.fault(
            in: checkpoint, tensor.name, found: "a second tensor for \(PrintableText.of(name.target))",
            expected: "one")
        }
        replacements.append((name.target, tensor))
      case .tokenRows:
        guard trained.insert(name.target).inserted else {
          throw PackedParts.fault(
            in: checkpoint, tensor.name, found: "a second tensor with rows of \(PrintableText.of(name.target))",
            expected: "one")
        }
        tokenRows.append((name.target, tensor))
      case let part:
        let key = "\(name.depth) \(name.target)"
        let place = places[key] ?? updates.count
        if place == updates.count {
          places[key] = place
          updates.append(Update(target: name.target, depth: name.depth))
        }
        guard updates[place].parts.updateValue(tensor, forKey: part) == nil else {
          throw PackedParts.fault(
            in: checkpoint, tensor.name,
            found: "a second tensor for the same part of "
              + PrintableText.of(name.target), expected: "one")
        }
      }
    }
    guard names.count <= 1 else {
      let list = names.sorted().prefix(4).map { PrintableText.of($0, limit: 30) }.joined(separator: ", ")
      throw CheckpointError(
        .inconsistent, path: checkpoint.path, "the file holds \(names.count) adapters: \(list)",
        hint: "save each into a folder of its own")
    }
    guard !updates.isEmpty || !replacements.isEmpty || !tokenRows.isEmpty else {
      throw CheckpointError(.inconsistent, path: checkpoint.path, "the adapter has no tensors")
    }
  }
}
