internal import Documents

/// What `adapter_config.json` says about an adapter, as PEFT writes it: LoRA, or trained rows of an embedding.
struct AdapterConfiguration: Sendable {
  /// The file's name.
  static let fileName = "adapter_config.json"
  /// What PEFT takes where the file states no rank and no alpha.
  private static let defaultRank = 8
  /// Far above any real one; a rank beyond the extents of the matrix gains nothing.
  static let maximumRank = 1 << 16

  let file: JSONFile
  /// Whether alpha is divided by the square root of the rank.
  let isRankStabilized: Bool
  /// Whether rows are rescaled to trained lengths (DoRA).
  let hasMagnitudes: Bool
  /// Whether the adapted matrices are stored with the inputs first.
  let isFanInFanOut: Bool
  /// Whether embedding and head stay one, where the model has them so.
  let keepsTies: Bool
  /// The names of parameters that are adapted by themselves, not as the weight of a module.
  let targetParameters: [String]
  /// The tokens whose rows of the embedding are trained by themselves.
  let trainedTokens: TrainedTokens
  /// The model that the adapter was trained on, as the trainer called it.
  let baseModel: String?
  private let rank: Int
  private let alpha: Double
  private let ranks: ModulePatterns
  private let alphas: ModulePatterns

  /// Reads a file; refuses what is not LoRA, and kinds of LoRA that are not a change of the weights alone.
  init(_ file: JSONFile) throws(CheckpointError) {
    self.file = file
    let root = file.root
    guard root.object != nil else {
      throw CheckpointError(.inconsistent, path: file.path, "this is \(root.kind); expected an object of settings")
    }
    guard let kind = root["peft_type"]?.string else {
      throw Self.fault("peft_type", "is missing, and so is what kind of adapter this is", in: file)
    }
    guard kind == "LORA" || kind == TrainedTokens.kind else {
      throw CheckpointError(
        .refused, path: file.path, "the adapter is of the kind \(PrintableText.quoted(kind))",
        hint: "LORA and \(TrainedTokens.kind) can be applied; merge other kinds into their model with PEFT first")
    }
    try Self.refuseVariants(root, in: file)
    isRankStabilized = try Self.flag("use_rslora", in: file)
    hasMagnitudes = try Self.flag("use_dora", in: file)
    isFanInFanOut = try Self.flag("fan_in_fan_out", in: file)
    keepsTies = try Self.flag("ensure_weight_tying", in: file)
    targetParameters = root["target_parameters"]?.array?.compactMap(\.string) ?? []
    trainedTokens = try TrainedTokens(
      kind == TrainedTokens.kind ? "token_indices" : "trainable_token_indices", in: file)
    baseModel = root["base_model_name_or_path"]?.string
    rank = try Self.number("r", in: file) { Int(exactly: $0) } ?? Self.defaultRank
    alpha = try Self.number("lora_alpha", in: file) { $0 } ?? Double(Self.defaultRank)
    ranks = try ModulePatterns("rank_pattern", in: file)
    alphas = try ModulePatterns("alpha_pattern", in: file)
  }

  /// The rank that a module's matrices must have.
  func rank(of module: String) throws(CheckpointError) -> Int {
    guard let stated = try setting(ranks, "rank_pattern", of: module) else { return rank }
    guard let rank = Int(exactly: stated), rank <= Self.maximumRank else {
      throw Self.fault("rank_pattern", "states the rank \(stated) for \(PrintableText.quoted(module))", in: file)
    }
    return rank
  }

  /// What the product of a module's matrices is multiplied by.
  func scale(of module: String, rank: Int) throws(CheckpointError) -> Float {
    let alpha = try setting(alphas, "alpha_pattern", of: module) ?? alpha
    return Float(alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank)))
  }

  private func setting(
    _ patterns: ModulePatterns, _ key: String, of module: String
  ) throws(CheckpointError) -> Double? {
    switch patterns.value(for: module) {
    case .success(let value): return value
    case .failure:
      throw Self.fault(key, "an expression takes too long to match \(PrintableText.quoted(module))", in: file)
    }
  }

  // MARK: Reading

  /// Settings that make the adapter something else than a fixed change of the weights of the model as it lies there.
  private static func refuseVariants(_ root: JSONNode, in file: JSONFile) throws(CheckpointError) {
    let variants = [
      ("layer_replication", "it repeats layers of the model"), ("use_qalora", "it pools the inputs (QALoRA)"),
      ("alora_invocation_tokens", "it acts only behind certain tokens (aLoRA)"),
      ("arrow_config", "it chooses between adapters for each token (Arrow)"),
      ("use_bdlora", "its matrices are block-diagonal (BD-LoRA)"), ("kasa_config", "it is of the KaSA variant"),
      ("monteclora_config", "it is of the MonteCLoRA variant"),
    ]
    for (key, reason) in variants {
      guard let node = root[key], !node.isNull, node.bool != false else { continue }
      throw CheckpointError(
        .refused, path: file.path, "\(key) is set: \(reason), which cannot be applied",
        hint: "merge it into its model with PEFT")
    }
    // These begin by taking something away from the model's weights, and the rest belongs to what remained.
    guard let start = root["init_lora_weights"]?.string?.lowercased() else { return }
    let subtracting = ["pissa", "corda", "olora", "loftq", "lora_ga"]
    guard let kind = subtracting.first(where: start.hasPrefix) else { return }
    throw CheckpointError(
      .refused, path: file.path, "init_lora_weights is \(kind): the adapter belongs to changed weights of its model",
      hint: "save it with PEFT's path_initial_model_for_weight_conversion, which makes it fit the model as it was")
  }

  private static func flag(_ key: String, in file: JSONFile) throws(CheckpointError) -> Bool {
    guard let node = file.root[key], !node.isNull else { return false }
    guard let flag = node.bool else { throw fault(key, "holds \(node.kind); expected true or false", in: file) }
    return flag
  }

  private static func number<Number: Comparable & ExpressibleByIntegerLiteral>(
    _ key: String, in file: JSONFile, _ convert: (Double) -> Number?
  ) throws(CheckpointError) -> Number? {
    guard let node = file.root[key], !node.isNull else { return nil }
    guard let double = node.double, double.isFinite, double <= Double(maximumRank) * Double(maximumRank),
      let number = convert(double), number > 0
    else { throw fault(key, "holds \(describe(node)); expected a number above zero", in: file) }
    return number
  }

  private static func describe(_ node: JSONNode) -> String {
    if case .number(let digits) = node.value { return PrintableText.of(digits, limit: 20) }
    return node.kind
  }

  /// An error about a setting, with its place in the file.
  static func fault(_ key: String, _ message: String, in file: JSONFile) -> CheckpointError {
    let place = file.root[key].map(file.position).map { "line \($0.line): " } ?? ""
    return CheckpointError(.inconsistent, path: file.path, place + "\(key) \(message)")
  }
}
