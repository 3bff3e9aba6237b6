internal import Documents
internal import Tensors

/// Compares the weights with what `config.json` says of them.
enum ConfigurationComparison {
  static func findings(of model: ModelFolder) -> [CheckpointVerification.Finding] {
    guard let root = model.configuration else {
      return [
        .init(severity: .warning, message: "there is no config.json, so only the weights themselves were checked")
      ]
    }
    return layers(of: model, root) + widths(of: model, root) + head(of: model, root)
  }

  /// A stated number, at the top or in the part that describes the language model.
  private static func number(_ key: String, _ root: JSONNode) -> Int? {
    root[key]?.int ?? ConfigurationPatch.innerConfigurations.compactMap { root[$0]?[key]?.int }.first
  }

  /// The numbers that follow each name ending in `layers`, `h`, `blocks` or `layer`.
  private static func layers(of model: ModelFolder, _ root: JSONNode) -> [CheckpointVerification.Finding] {
    guard let (key, node) = ConfigurationPatch.layerCount(in: root), let stated = node.int else { return [] }
    var numbers: [String: Set<Int>] = [:]
    for tensor in model.weights.index.tensors {
      let parts = tensor.name.split(separator: ".")
      guard let place = parts.firstIndex(where: { Int($0) != nil }), place > 0, let number = Int(parts[place]) else {
        continue
      }
      numbers[parts[..<place].joined(separator: "."), default: []].insert(number)
    }
    // Vision towers and experts have layers of their own; the language model is one of the stacks.
    let names: Set = ["layers", "h", "layer", "blocks", "block"]
    let stacks = numbers.filter { names.contains($0.key.split(separator: ".").last.map(String.init) ?? "") }
    guard !stacks.isEmpty, !stacks.values.contains(Set(0..<stated)) else { return [] }
    let found = stacks.sorted { $0.key < $1.key }.map { "\($0.value.count) in \($0.key)" }.joined(separator: ", ")
    return [.init(severity: .error, message: "config.json states \(key) \(stated), but the weights have \(found)")]
  }

  private static func widths(of model: ModelFolder, _ root: JSONNode) -> [CheckpointVerification.Finding] {
    let endings = ["embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight"]
    guard
      let embedding = model.weights.index.tensors.first(where: { tensor in
        endings.contains(where: tensor.name.hasSuffix)
      }),
      embedding.shape.dimensions.count == 2
    else { return [] }
    var findings: [CheckpointVerification.Finding] = []
    for (key, extent) in [("vocab_size", 0), ("hidden_size", 1), ("n_embd", 1)] {
      guard let stated = number(key, root), stated != embedding.shape.dimensions[extent] else { continue }
      findings.append(
        .init(
          severity: .error,
          message: "config.json states \(key) \(stated), but \(embedding.name) has the shape \(embedding.shape)"))
    }
    return findings
  }

  private static func head(of model: ModelFolder, _ root: JSONNode) -> [CheckpointVerification.Finding] {
    var findings: [CheckpointVerification.Finding] = []
    let hasHead = model.weights.index["lm_head.weight"] != nil
    let isCausal = root["architectures"]?.array?.first?.string?.hasSuffix("ForCausalLM") == true
    if isCausal, model.weights.index["model.embed_tokens.weight"] != nil, !hasHead,
      root["tie_word_embeddings"]?.bool == false
    {
      findings.append(
        .init(
          severity: .error,
          message: "config.json says that the head has weights of its own (tie_word_embeddings false), "
            + "but there is no lm_head.weight"))
    }
    let stated = ConfigurationPatch.dtypeKeys.compactMap { root[$0]?.string }.first
    if let stated, let dtype = DType(rawValue: stated) {
      let floats = model.weights.index.tensors.filter(\.dtype.isFloatingPoint)
      if !floats.isEmpty, !floats.contains(where: { $0.dtype == dtype }) {
        findings.append(
          .init(
            severity: .warning,
            message: "config.json states \(stated), but no tensor is; the first is \(floats[0].dtype.rawValue)"))
      }
    }
    return findings
  }
}
