internal import Checkpoints
internal import Documents
internal import MergeSpecs

/// Opens the models of all specs of a file and plans one merge after the other; a merge that others read from is to them
/// a model like any.
struct MergeOpening {
  let file: String
  let text: String
  /// The folder that relative paths start from.
  let home: String
  let spec: StagedSpec
  let isLenient: Bool
  /// Whether elements that are infinite or NaN are merged like all others.
  let allowsNonFinite: Bool
  /// All that is to be said about the specs and their models.
  var diagnostics: [Diagnostic]
  /// The merges that are planned, but for the final one.
  private(set) var stages: [OpenedMerge] = []
  private var results: [String: ParentModel] = [:]
  private var known: [String: ParentModel] = [:]
  private var tensorCount = 0

  /// The most tensors that all merges of a file may have together: stages that repeat layers multiply them.
  static let maximumTensorCount = 1_000_000

  init(
    file: String, text: String, home: String, spec: StagedSpec, isLenient: Bool, allowsNonFinite: Bool,
    diagnostics: [Diagnostic]
  ) {
    self.file = file
    self.text = text
    self.home = home
    self.spec = spec
    self.isLenient = isLenient
    self.allowsNonFinite = allowsNonFinite
    self.diagnostics = diagnostics
  }

  /// Opens and plans everything; nil if some merge could not be planned.
  mutating func open() throws -> OpenedMerge? {
    var final: OpenedMerge?
    for (index, stage) in spec.stages.enumerated() {
      if let name = stage.name { noteSecondMeaning(of: name) }
      guard let merge = try open(stage) else { continue }
      if index == spec.stages.count - 1 {
        final = merge
      } else if let name = merge.name {
        stages.append(merge)
        results[name] = try result(of: merge, named: name)
      }
    }
    return final
  }

  private mutating func open(_ stage: MergeSpec) throws -> OpenedMerge? {
    var parents: [String: ParentModel] = [:]
    let home = home
    for reference in stage.references {
      // A stage with errors has no result; they have been reported.
      if let name = spec.stage(of: reference) {
        parents[reference.text] = results[name.text].flatMap { result in
          opened(reference) { () throws(CheckpointError) in try result.adapted(as: reference, relativeTo: home) }
        }
      } else {
        parents[reference.text] = model(reference)
      }
    }
    var vocabulary = VocabularyOpening(stage)
    vocabulary.apply(to: &parents)
    diagnostics += try vocabulary.diagnostics + ChatTemplateOpening.apply(stage, to: &parents)
    // Where models cannot be given one vocabulary, the planner could only say that they do not have one.
    guard !vocabulary.isFaulty else { return nil }
    let (plan, faults) = Planner.plan(stage, models: parents.mapValues(\.header))
    diagnostics += faults
    guard var plan else { return nil }
    plan.allowsNonFinite = allowsNonFinite
    tensorCount += plan.steps.count
    guard tensorCount <= Self.maximumTensorCount else {
      diagnostics.append(
        Diagnostic(
          .error, file: file, at: stage.methodPosition,
          "up to this merge there are \(tensorCount) tensors to compute, more than \(Self.maximumTensorCount)"))
      return nil
    }
    return OpenedMerge(
      file: file, text: text, name: stage.name?.text, plan: plan,
      parents: plan.models.compactMap { parents[$0.reference] }, home: home, isLenient: isLenient)
  }

  /// Finds and opens a model; nil if that fails, which is reported.
  private mutating func model(_ reference: ModelReference) -> ParentModel? {
    if let model = known[reference.text] { return model }
    let home = home
    let model = opened(reference) { () throws(CheckpointError) in try ParentModel.open(reference, relativeTo: home) }
    known[reference.text] = model
    return model
  }

  private mutating func opened(
    _ reference: ModelReference, _ open: () throws(CheckpointError) -> ParentModel
  ) -> ParentModel? {
    do throws(CheckpointError) {
      return try open()
    } catch {
      let place = error.path == reference.text ? "" : "\(error.path): "
      diagnostics.append(
        Diagnostic(
          .error, file: file, at: reference.position, "model \(reference.text): \(place)\(error.message)",
          hint: error.hint))
      return nil
    }
  }

  private mutating func noteSecondMeaning(of name: StageName) {
    guard let path = try? ModelLocator.locate(name.text, relativeTo: home) else { return }
    diagnostics.append(
      Diagnostic(
        .note, file: file, at: name.position, "\"\(name.text)\" is the stage here, not the model at \(path)",
        hint: "another name would leave no doubt"))
  }

  /// A merge as a model: its tensors are computed while they are read, as they would lie in its checkpoint.
  private mutating func result(of merge: OpenedMerge, named name: String) throws -> ParentModel {
    var model = merge.donor
    let configuration = try merge.configuration()
    // The lines of that file are not the spec's.
    for warning in configuration?.warnings ?? [] {
      diagnostics.append(
        Diagnostic(
          warning.severity, file: warning.file, "stage \"\(name)\": \(warning.message)", hint: warning.hint))
    }
    if let file = model.configurationFile, let configuration {
      model.configurationFile = try JSONFile(path: file.path, bytes: configuration.bytes)
    }
    // Those who read blocks of it bring their own threads and memory; others get by with little.
    model.weights = PlannedTensorSource(
      plan: merge.plan, sources: merge.sources,
      resources: MergeResources(memory: MergeResources.minimumMemory, threads: 1), digests: merge.digests,
      storage: merge.storage)
    model.identity = ["stage " + MergeFingerprint.digest(of: merge).text]
    model.stage = name
    return model
  }
}
