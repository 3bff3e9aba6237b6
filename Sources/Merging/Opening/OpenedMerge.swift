public import Checkpoints
public import Documents
internal import MergeMethods
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
  public let folders: [ModelFolder]
  /// Warnings and notes about the spec.
  public let diagnostics: [Diagnostic]
  /// The spec as it was carried out: the text, with the seed that took the place of its own.
  public let recordedText: String

  /// The weights of the plan's models, in its order.
  public var sources: [any TensorSource] { folders.map { $0.weights } }

  /// The model that everything beside the weights comes from.
  public var donor: ModelFolder { folders[plan.donor] }

  /// Reads a spec, finds and opens its models, and plans the merge.
  ///
  /// - Parameters:
  ///   - lenient: whether unknown keys are warnings.
  ///   - overrides: what takes the place of the spec's own words.
  /// - Throws: a `MergeSpecError` with all that is wrong with the spec and its models, or a `CheckpointError` if the
  ///   spec cannot be read.
  public static func open(
    _ file: String, lenient: Bool = false, overriding overrides: MergeOverrides = MergeOverrides()
  ) throws -> OpenedMerge {
    let bytes = try SpecFile.read(file)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MergeSpecError(
        diagnostics: [Diagnostic(.error, file: file, "the spec is not text in UTF-8")], text: "")
    }
    let (spec, found) = MergeSpec.parse(text, file: file, lenient: lenient)
    guard var spec else { throw MergeSpecError(diagnostics: found, text: text) }
    var diagnostics = found
    if let seed = overrides.seed {
      spec.seed = seed
      if !spec.method.drawsAtRandom {
        diagnostics.append(
          Diagnostic(.warning, file: file, "the seed has no effect: \(spec.method.name) draws nothing at random"))
      }
    }
    var folders: [String: ModelFolder] = [:]
    let home = SpecFile.folder(of: file)
    for reference in spec.references {
      do throws(CheckpointError) {
        folders[reference.text] = try ModelFolder.open(
          try ModelLocator.locate(reference.text, relativeTo: home))
      } catch {
        let place = error.path == reference.text ? "" : "\(error.path): "
        diagnostics.append(
          Diagnostic(
            .error, file: file, at: reference.position, "model \(reference.text): \(place)\(error.message)",
            hint: error.hint))
      }
    }
    let headers = folders.mapValues {
      ModelHeader(index: $0.weights.index, configuration: $0.configuration, location: $0.path)
    }
    var (plan, faults) = Planner.plan(spec, models: headers)
    plan?.allowsNonFinite = overrides.allowsNonFinite
    diagnostics = Diagnostic.sorted(diagnostics + faults)
    guard let plan, !diagnostics.contains(where: { $0.severity == .error }) else {
      throw MergeSpecError(diagnostics: diagnostics, text: text)
    }
    return OpenedMerge(
      file: file, text: text, plan: plan, folders: plan.models.compactMap { folders[$0.reference] },
      diagnostics: diagnostics, recordedText: overrides.recorded(in: text, file: file))
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
