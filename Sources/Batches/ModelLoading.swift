internal import Checkpoints
internal import Documents
internal import Evaluation
internal import Kernels
public import LanguageModels
public import Merging

/// Opens, merges and loads what users name as models.
public struct ModelLoader: ModelProvider {
  /// The memory and the threads to use.
  public var resources: MergeResources
  /// How weights are held and multiplied.
  public var precision: Precision
  /// Whether unknown keys in specs are warnings.
  public var isLenient: Bool
  /// What takes the place of specs' own words.
  public var overrides: MergeOverrides
  /// The folder in which observations are kept, so that nothing is asked twice.
  public var cache: String?
  /// Whether models' chat templates are read.
  public var readsChatTemplates = false

  /// The files beside the weights that answers depend on.
  private static let companions = ["config.json", "generation_config.json"] + TokenizerSource.names

  /// The members of a configuration that name the type of the weights.
  private static let saysType: Set<String> = ["dtype", "torch_dtype"]

  /// Makes a loader.
  public init(
    resources: MergeResources, precision: Precision, isLenient: Bool = false,
    overrides: MergeOverrides = MergeOverrides(), cache: String? = nil
  ) {
    self.resources = resources
    self.precision = precision
    self.isLenient = isLenient
    self.overrides = overrides
    self.cache = cache
  }

  /// What decides over all merges, as the command line has it.
  public var options: [String] { overrides.words }

  private func open(_ argument: String) throws -> OpenedModel {
    try OpenedModel.open(argument, resources: resources, lenient: isLenient, overriding: overrides)
  }

  /// The spec's text, the weight files with size and time of change, and the contents of the files beside them.
  public func inputs(of argument: String) throws -> ModelInputs {
    let model = try open(argument)
    var lines = ["precision \(precision.rawValue)"]
    // A seed in place of the spec's is in its text.
    if let merge = model.merge { lines.append("spec\n\(merge.text)") }
    if model.merge != nil, overrides.allowsNonFinite { lines.append("elements that are not finite are merged") }
    lines += model.parents.flatMap(\.identity)
    lines += try Self.companionLines { try model.folder.file(named: $0) }
    let remarks = model.merge.flatMap { merge in
      merge.diagnostics.isEmpty ? nil : MergeSpecError.rendered(merge.diagnostics, text: merge.text)
    }
    let digest = try chatTemplate(of: model, argument)?.digest
    if let digest { lines.append("chat template \(digest)") }
    return ModelInputs(lines: lines, remarks: remarks, chatTemplate: digest)
  }

  /// A line for each file beside the weights, the same as long as its contents are.
  static func companionLines(reading read: (String) throws -> [UInt8]?) rethrows -> [String] {
    try companions.compactMap { name in
      guard let bytes = try read(name) else { return nil }
      var hash = FNV1a()
      hash.combine(bytes)
      return "\(name) \(hash.text)"
    }
  }

  private func chatTemplate(of model: OpenedModel, _ name: String) throws -> ChatTemplate? {
    guard readsChatTemplates else { return nil }
    return try ChatTemplate.read(model: name) { try model.folder.file(named: $0) }
  }

  /// Merges a spec into a folder, going on with what an interrupted run of the same merge left.
  ///
  /// - Throws: if something stands there that is not the result of a merge.
  public func merge(
    _ spec: String, into folder: String, progress: @escaping @Sendable (Int, Int) -> Void
  ) throws {
    let merge = try OpenedMerge.open(spec, lenient: isLenient, overriding: overrides)
    let counter = ProgressCounter(total: Merger.workload(of: merge.plan), report: progress)
    func attempt(_ mode: CheckpointWriter.Mode) throws {
      _ = try Merger.merge(
        merge, to: MergeOutput(destination: folder, mode: mode), resources: resources,
        progress: { counter.advance($0) })
    }
    do {
      try attempt(.resume)
    } catch let error as CheckpointError where error.code == .occupied || error.code == .refused {
      // What an earlier batch made of another spec or other inputs may go; anything else may not.
      guard error.code == .refused || RecordFile.exists(folder + "/" + Merger.specName) else { throw error }
      try attempt(.force)
    }
  }

  /// Loads a checkpoint, or a spec that is merged while it is loaded.
  public func load(_ argument: String) throws -> LoadedModel {
    let opened = try open(argument)
    let configuration = try opened.configurationBytes() ?? Self.missing("config.json", in: opened)
    let digested = cache.map { _ in DigestedWeights(opened.weights) }
    let model = try LanguageModel(
      name: argument, weights: digested ?? opened.weights, configuration: configuration,
      tokenizer: try TokenizerSource { try opened.folder.file(named: $0) },
      generationConfiguration: try opened.folder.file(named: "generation_config.json"),
      chatTemplate: try chatTemplate(of: opened, argument), precision: precision, threads: resources.threads)
    var loaded = LoadedModel(model: model, remarks: Self.remarks(on: model))
    if let cache, let digested {
      let fingerprint = try fingerprint(of: opened, configuration: configuration, weights: digested, model: model)
      loaded.model = CachedModel(model, journal: try ObservationJournal(folder: cache, fingerprint: fingerprint))
    }
    return loaded
  }

  /// What a model's observations depend on.
  private func fingerprint(
    of opened: OpenedModel, configuration: [UInt8], weights: DigestedWeights, model: LanguageModel
  ) throws -> ModelFingerprint {
    var lines = ["products \(model.precision.rawValue) \(MatrixProduct.libraryVersion)"]
    // The weights' own types count, not what is said of them: merging to disk writes that anew.
    for member in try JSONParser.parse(configuration).object ?? [] where !Self.saysType.contains(member.key) {
      let value = configuration[member.node.range].withUnsafeBytes { ContentDigest(of: $0).text }
      lines.append("configuration \(member.key) \(value)")
    }
    for name in Self.companions where name != "config.json" {
      guard let bytes = try opened.folder.file(named: name) else { continue }
      lines.append("\(name) \(bytes.withUnsafeBytes { ContentDigest(of: $0).text })")
    }
    return ModelFingerprint(of: lines + weights.lines)
  }

  /// Loads an embedding model: a checkpoint, or a spec that is merged while it is loaded.
  func loadEmbedding(_ argument: String) throws -> EmbeddingModel {
    let opened = try open(argument)
    let configuration = try opened.configurationBytes()
    return try EmbeddingModel(
      name: argument, weights: opened.weights, precision: precision, threads: resources.threads,
      reading: { name in name == "config.json" ? configuration : try opened.folder.file(named: name) },
      modules: { try Checkpoint.open("\(opened.folder.path)/\($0)") })
  }

  private static func missing(_ name: String, in model: OpenedModel) throws -> [UInt8] {
    throw CheckpointError(
      .missing, path: model.folder.path, "there is no \(name), and a model cannot be scored without")
  }

  /// Tensors that take no part in the computation are an oddity that a reader of the scores should know of.
  private static func remarks(on model: LanguageModel) -> String? {
    let unused = model.unusedTensors
    guard !unused.isEmpty else { return nil }
    let names = unused.prefix(5).joined(separator: ", ")
    let rest = unused.count > 5 ? " and \(unused.count - 5) more" : ""
    return "warning: the architecture has no use for \(unused.count) tensors: \(names)\(rest)"
  }
}
