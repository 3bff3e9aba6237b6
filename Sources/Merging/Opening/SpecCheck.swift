internal import Checkpoints
public import Documents
internal import MergeSpecs

/// All that can be said about a spec: what is wrong with the text, and, as far as its models are here, what does not go
/// together with them. Nothing but headers is read.
public struct SpecCheck: Sendable {
  /// The path of the spec as the user gave it.
  public let file: String
  /// The text of the spec.
  public let text: String
  /// What was found, in the order of the text.
  public let diagnostics: [Diagnostic]

  /// Whether the spec could not be carried out.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Checks a spec.
  ///
  /// - Parameters:
  ///   - opensModels: whether models are looked for. One that is not here is a warning: what depends on its tensors stays
  ///     unchecked.
  ///   - lenient: whether unknown keys are warnings.
  /// - Throws: a `CheckpointError` if the file cannot be read, or a failure to read a model that is not the spec's fault.
  public static func check(_ file: String, opensModels: Bool = true, lenient: Bool = false) throws -> SpecCheck {
    let bytes = try SpecFile.read(file)
    let text: String
    do throws(MergeSpecError) {
      text = try SpecFile.text(of: bytes, file: file)
    } catch {
      return SpecCheck(file: file, text: "", diagnostics: error.diagnostics)
    }
    let (spec, found) = StagedSpec.parse(text, file: file, lenient: lenient)
    guard opensModels, let spec else { return SpecCheck(file: file, text: text, diagnostics: found) }
    let home = SpecFile.folder(of: file)
    var opening = MergeOpening(
      file: file, text: text, home: home, spec: spec, isLenient: lenient, allowsNonFinite: false,
      diagnostics: found)
    _ = try opening.open()
    let absent = Set(
      spec.stages.flatMap(\.references)
        .filter { spec.stage(of: $0) == nil && Self.isAbsent($0, relativeTo: home) }.map(\.position))
    let diagnostics = opening.diagnostics.map { diagnostic in
      guard diagnostic.severity == .error, diagnostic.message.hasPrefix("model "),
        let position = diagnostic.position, absent.contains(position)
      else { return diagnostic }
      var warning = diagnostic
      warning.severity = .warning
      return warning
    }
    return SpecCheck(file: file, text: text, diagnostics: Diagnostic.sorted(diagnostics))
  }

  private static func isAbsent(_ reference: ModelReference, relativeTo home: String) -> Bool {
    do throws(CheckpointError) {
      for place in [reference.model, reference.adapter].compactMap(\.self) {
        _ = try ModelLocator().locate(place.path, revision: place.revision, relativeTo: home)
      }
      return false
    } catch {
      return error.code == .missing
    }
  }
}
