public import Checkpoints
public import Documents
public import MergeSpecs
public import Tensors

/// A merge spec with its models opened and its plan made: ready to be carried out, and nothing read but headers.
public struct OpenedMerge: Sendable {
  /// The path of the spec as the user gave it.
  public let file: String
  /// The text of the spec, with the seed in it that took the place of its own.
  public let text: String
  /// What other merges in the same file call this one, if it has a name.
  public let name: String?
  /// What will be done.
  public let plan: MergePlan
  /// The models of the plan, in its order.
  public let parents: [ParentModel]
  /// The merges in the same file that this one is made of, in the order in which they can be carried out.
  public let stages: [OpenedMerge]
  /// The folder that relative paths in the spec start from.
  public let home: String
  /// Whether keys of the spec that mean nothing were let pass.
  public let isLenient: Bool
  /// Warnings and notes about the spec.
  public let diagnostics: [Diagnostic]
  /// What was read of the models so far.
  let digests: InputDigests
  /// The checkpoint that holds the result, if this is a stage that is kept.
  let storage: StageStorage

  /// The weights of the plan's models, in its order.
  public var sources: [any TensorSource] { parents.map(\.weights) }

  /// The model that everything beside the weights comes from.
  public var donor: ParentModel { parents[plan.donor] }

  /// Reads a spec, finds and opens its models, and plans the merge.
  ///
  /// - Parameters:
  ///   - lenient: whether unknown keys are warnings.
  ///   - overrides: what takes the place of the spec's own words.
  ///   - home: the folder that relative paths in the spec start from, if it is not the spec's.
  /// - Throws: a `MergeSpecError` with all that is wrong with the spec and its models, or a `CheckpointError` if the
  ///   spec cannot be read.
  public static func open(
    _ file: String, lenient: Bool = false, overriding overrides: MergeOverrides = MergeOverrides(), home: String? = nil
  ) throws -> OpenedMerge {
    let original = try SpecFile.text(of: SpecFile.read(file), file: file)
    let text = try overrides.recorded(in: original, file: file)
    let (spec, found) = StagedSpec.parse(text, file: file, lenient: lenient)
    guard let spec else { throw MergeSpecError(diagnostics: found, text: text) }
    var opening = MergeOpening(
      file: file, text: text, home: home ?? SpecFile.folder(of: file), spec: spec, isLenient: lenient,
      allowsNonFinite: overrides.allowsNonFinite,
      diagnostics: found)
    let merge = try opening.open()
    let diagnostics = Diagnostic.sorted(opening.diagnostics)
    guard let merge, !diagnostics.contains(where: { $0.severity == .error }) else {
      throw MergeSpecError(diagnostics: diagnostics, text: text)
    }
    return OpenedMerge(merge, stages: opening.stages, diagnostics: diagnostics)
  }

  private init(_ merge: OpenedMerge, stages: [OpenedMerge], diagnostics: [Diagnostic]) {
    file = merge.file
    text = merge.text
    name = merge.name
    plan = merge.plan
    parents = merge.parents
    home = merge.home
    isLenient = merge.isLenient
    digests = merge.digests
    storage = merge.storage
    self.stages = stages
    self.diagnostics = diagnostics
  }

  init(
    file: String, text: String, name: String?, plan: MergePlan, parents: [ParentModel], home: String, isLenient: Bool
  ) {
    self.file = file
    self.text = text
    self.name = name
    self.plan = plan
    self.parents = parents
    self.home = home
    self.isLenient = isLenient
    stages = []
    diagnostics = []
    digests = InputDigests()
    storage = StageStorage()
  }

  /// The plans of all merges, this one's last.
  public var stagedPlan: StagedPlan {
    StagedPlan((stages + [self]).map { StagedPlan.Stage(name: $0.name, plan: $0.plan) })
  }

  /// The donor's configuration with the changes that the plan asks for, or nil if the donor has none.
  ///
  /// - Parameter dtype: what the weights are stored as, if the plan does not have the last word on it.
  public func configuration(dtype: DType? = nil) throws -> ConfigurationPatch.Result? {
    try donor.configurationFile.map { file in
      try ConfigurationPatch(plan, dtype: dtype).applied(to: file, models: parents.map(\.configurationFile))
    }
  }
}

/// The spec as a file.
package enum SpecFile {
  /// Specs are written by hand; anything larger is something else.
  static let maximumSize = 16_000_000

  package static func read(_ file: String) throws(CheckpointError) -> [UInt8] {
    try FileContents.read(file, limit: maximumSize)
  }

  /// The text that a spec's bytes spell.
  package static func text(of bytes: [UInt8], file: String) throws(MergeSpecError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MergeSpecError(diagnostics: [Diagnostic(.error, file: file, "the spec is not text in UTF-8")], text: "")
    }
    return text
  }

  static func folder(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }
}
