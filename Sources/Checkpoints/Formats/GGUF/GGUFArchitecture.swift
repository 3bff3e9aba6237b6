internal import Tensors

/// A kind of model that GGUF files hold: what its tensors are called there and at Hugging Face.
///
/// The names are those of llama.cpp (`LLM_TENSOR_NAMES`) and of transformers' model classes.
struct GGUFArchitecture: Sendable {
  /// What there is instead of RMS norms, rotary positions and gates, in models older than Llama.
  enum Family: Sendable {
    case llama, gpt2, gptNeoX
    /// Encoders, which are read but not written.
    case bert
  }

  /// The value of `general.architecture`, which keys of the metadata begin with.
  let name: String
  /// The `model_type` of transformers.
  let modelType: String
  /// Transformers' classes of such models; the first one is written.
  let classes: [String]
  /// The activation of feed-forward blocks.
  let activation: String
  /// What the configuration is like.
  let family: Family
  /// Whether layers have a mixture of experts.
  let hasExperts: Bool
  /// Every how many layers one sees the whole text, where llama.cpp assumes that of all models of the kind.
  let windowPeriod: Int?
  /// What names of tensors in a layer begin with at Hugging Face, in front of the layer's number.
  let layerPrefix: String
  /// Names outside layers, without the ending.
  let globalNames: [GGUFTensorName]
  /// Names within a layer, without the ending.
  let layerNames: [GGUFTensorName]

  init(
    _ name: String, modelType: String? = nil, classes: [String], activation: String = "silu", family: Family = .llama,
    hasExperts: Bool = false, windowPeriod: Int? = nil, layerPrefix: String = "model.layers.",
    globalNames: [GGUFTensorName], layerNames: [GGUFTensorName]
  ) {
    self.name = name
    self.modelType = modelType ?? name
    self.classes = classes
    self.activation = activation
    self.family = family
    self.hasExperts = hasExperts
    self.windowPeriod = windowPeriod
    self.layerPrefix = layerPrefix
    self.globalNames = globalNames
    self.layerNames = layerNames
  }

  // MARK: Finding one

  /// The architecture of a file, or why its tensors keep their names.
  static func of(_ metadata: GGUFMetadata) -> (architecture: GGUFArchitecture?, reason: String) {
    guard let name = metadata.string("general.architecture") else {
      return (nil, "the file does not say what architecture it holds")
    }
    let hasExperts = metadata.int("\(name).expert_count") ?? 0 > 0
    guard let known = all.first(where: { $0.name == name && $0.hasExperts == hasExperts }) else {
      var names: [String] = []
      for known in all.map(\.name) where !names.contains(known) { names.append(known) }
      return (
        nil,
        names.contains(name)
          ? "models of the architecture \(name) \(hasExperts ? "with" : "without") a mixture of experts are not known"
          : "the architecture \(name) is none of " + names.joined(separator: ", ")
      )
    }
    return (known, "")
  }

  /// The architectures of which files can be written.
  static var writable: [GGUFArchitecture] { all.filter { $0.family != .bert } }

  /// The architecture that a transformers class or model type means, if files of it can be written.
  static func forClass(_ name: String?, modelType: String?) -> GGUFArchitecture? {
    if let name { return writable.first { $0.classes.contains(name) } }
    return writable.first { $0.modelType == modelType || $0.modelType == "llama" && modelType == "mistral" }
  }

  // MARK: Names

  /// What a stored tensor is called at Hugging Face, or nil if the architecture has no such tensor.
  ///
  /// Matrices of experts have a star where their number belongs.
  func model(of stored: String) -> (name: String, entry: GGUFTensorName)? {
    guard let dot = stored.lastIndex(of: ".") else { return nil }
    let (stem, ending) = (stored[..<dot], stored[dot...])
    if let entry = globalNames.first(where: { $0.stored == stem }) { return (entry.model + ending, entry) }
    let parts = stem.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "blk", let number = Int(parts[1]), String(number) == parts[1],
      var entry = layerNames.first(where: { $0.stored == parts[2] })
    else { return nil }
    entry.model = "\(layerPrefix)\(number).\(entry.model)\(ending)"
    return (entry.model, entry)
  }

  /// What a tensor of a transformers model is called in a GGUF file, how it is stored there, and which expert's it
  /// is; nil if the architecture has no such tensor.
  func stored(of model: String) -> (name: String, arrangement: GGUFTensorName.Arrangement, expert: Int?)? {
    guard let dot = model.lastIndex(of: ".") else { return nil }
    let (stem, ending) = (model[..<dot], model[dot...])
    if let entry = globalNames.first(where: { Self.isSame(stem, $0.model, family) }) {
      return (entry.stored + ending, entry.arrangement, nil)
    }
    guard let inLayer = Self.dropping(layerPrefix, from: stem, family) else { return nil }
    let parts = inLayer.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), String(number) == parts[0] else { return nil }
    for entry in layerNames {
      let (matches, expert) = entry.match(parts[1])
      if matches { return ("blk.\(number).\(entry.stored)\(ending)", entry.arrangement, expert) }
    }
    return nil
  }

  /// The first published checkpoints of GPT-2 lack the prefix that transformers' class has.
  private static let optionalPrefix = "transformer."

  private static func isSame(_ stem: Substring, _ name: String, _ family: Family) -> Bool {
    stem == name || family == .gpt2 && optionalPrefix + stem == name
  }

  private static func dropping(_ prefix: String, from stem: Substring, _ family: Family) -> Substring? {
    if stem.hasPrefix(prefix) { return stem.dropFirst(prefix.count) }
    let short = prefix.dropFirst(optionalPrefix.count)
    return family == .gpt2 && stem.hasPrefix(short) ? stem.dropFirst(short.count) : nil
  }
}
