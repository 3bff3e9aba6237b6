public import Checkpoints
public import Documents
public import MergeSpecs
public import Tensors

/// A merge spec with its models opened and its plan made: ready to be carried out, and nothing read but headers.
public struct OpenedMerge: Sendable {
  /// The path of the spec as the user gave it.
  public let file: String
  /// The text of the spec.
  public let text: String
  /// What will be done.
  public let plan: MergePlan
  /// The models of the plan, in its order.
  public let parents: [ParentModel]
  /// The folder that relative paths in the spec start from.
  public let home: String
  /// Whether keys of the spec that mean nothing were let pass.
  public let isLenient: Bool
  /// Warnings and notes about the spec.
  public let diagnostics: [Diagnostic]

  /// The weights of the plan's models, in its order.
  public var sources: [any TensorSource] { parents.map(\.weights) }

  /// The model that everything beside the weights comes from.
  public var donor: ParentModel { parents[plan.donor] }

  /// Reads a spec, finds and opens its models, and plans the merge.
  ///
  /// - Parameters:
  ///   - lenient: whether unknown keys are warnings.
  ///   - home: the folder that relative paths in the spec start from, if it is not the spec's.
  /// - Throws: a `MergeSpecError` with all that is wrong with the spec and its models, or a `CheckpointError` if the
  ///   spec cannot be read.
  public static func open(_ file: String, lenient: Bool = false, home: String? = nil) throws -> OpenedMerge {
    let bytes = try SpecFile.read(file)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MergeSpecError(
        diagnostics: [Diagnostic(.error, file: file, "the spec is not text in UTF-8")], text: "")
    }
    let (spec, found) = MergeSpec.parse(text, file: file, lenient: lenient)
    guard let spec else { throw MergeSpecError(diagnostics: found, text: text) }
    var diagnostics = found
    var parents: [String: ParentModel] = [:]
    let home = home ?? SpecFile.folder(of: file)
    for reference in spec.references {
      do throws(CheckpointError) {
        parents[reference.text] = ParentModel(
          try ModelFolder.open(try ModelLocator.locate(reference.text, relativeTo: home)))
      } catch {
        let place = error.path == reference.text ? "" : "\(error.path): "
        diagnostics.append(
          Diagnostic(
            .error, file: file, at: reference.position, "model \(reference.text): \(place)\(error.message)",
            hint: error.hint))
      }
    }
    var vocabulary = VocabularyOpening(spec)
    vocabulary.apply(to: &parents)
    diagnostics += try vocabulary.diagnostics + ChatTemplateOpening.apply(spec, to: &parents)
    // Where models cannot be given one vocabulary, the planner could only say that they do not have one.
    guard !vocabulary.isFaulty else { throw MergeSpecError(diagnostics: Diagnostic.sorted(diagnostics), text: text) }
    let (plan, faults) = Planner.plan(spec, models: parents.mapValues(\.header))
    diagnostics = Diagnostic.sorted(diagnostics + faults)
    guard let plan, !diagnostics.contains(where: { $0.severity == .error }) else {
      throw MergeSpecError(diagnostics: diagnostics, text: text)
    }
    return OpenedMerge(
      file: file, text: text, plan: plan, parents: plan.models.compactMap { parents[$0.reference] },
      home: home, isLenient: lenient, diagnostics: diagnostics)
  }

  /// The donor's configuration with the changes that the plan asks for, or nil if the donor has none.
  ///
  /// - Parameter dtype: what the weights are stored as, if the plan does not have the last word on it.
  public func configuration(dtype: DType? = nil) throws -> ConfigurationPatch.Result? {
    try donor.configurationFile.map { file in
      try ConfigurationPatch(
        layerCount: plan.layerCount, dtype: dtype ?? plan.configurationDType, tiesEmbeddings: plan.tiesEmbeddings
      ).applied(to: file)
    }
  }
}

/// The spec as a file.
enum SpecFile {
  /// Specs are written by hand; anything larger is something else.
  static let maximumSize = 16_000_000

  static func read(_ file: String) throws(CheckpointError) -> [UInt8] {
    try FileContents.read(file, limit: maximumSize)
  }

  static func folder(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }
}
