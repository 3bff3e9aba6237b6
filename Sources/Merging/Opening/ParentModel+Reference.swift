public import Checkpoints
internal import Documents
public import MergeSpecs

extension ParentModel {
  /// Finds and opens what a reference means: a model, with an adapter applied while it is read if the reference asks for
  /// one. Nothing but headers is read.
  ///
  /// - Parameter specFolder: the folder of the spec that the reference stands in, if it stands in one.
  public static func open(
    _ reference: ModelReference, relativeTo specFolder: String? = nil
  ) throws(CheckpointError) -> ParentModel {
    let path: String
    do throws(CheckpointError) {
      path = try ModelLocator().locate(
        reference.model.path, revision: reference.model.revision, relativeTo: specFolder)
    } catch {
      throw hinted(error, at: reference, specFolder)
    }
    if AdapterFolder.isAdapter(path) { throw adapterAlone(path, reference, specFolder) }
    return try ParentModel(try ModelFolder.open(path)).adapted(as: reference, relativeTo: specFolder)
  }

  /// The model with what a reference asks for beside it: an adapter, another architecture.
  func adapted(as reference: ModelReference, relativeTo specFolder: String?) throws(CheckpointError) -> ParentModel {
    var model = self
    if let adapter = reference.adapter { try model.apply(adapter, of: reference, specFolder) }
    if let architecture = reference.architecture { try model.override(architecture: architecture) }
    return model
  }

  private mutating func apply(
    _ place: ModelReference.Place, of reference: ModelReference, _ specFolder: String?
  ) throws(CheckpointError) {
    let path: String
    do throws(CheckpointError) {
      path = try ModelLocator().locate(place.path, revision: place.revision, relativeTo: specFolder)
    } catch {
      var error = hinted(error, at: reference, specFolder)
      error.message = "adapter: " + error.message
      throw error
    }
    apply(try AdapterFolder.open(path).applied(to: weights, configuration: configurationFile))
  }

  private mutating func apply(_ adapted: AdaptedModel) {
    self.adapted = adapted
    weights = adapted.weights
    configurationFile = adapted.configuration
    identity += ["adapter"] + adapted.identity
    location += " + " + adapted.location
  }

  private mutating func override(architecture: String) throws(CheckpointError) {
    let stated = JSONEdit.quote(architecture)
    configurationFile = try configurationFile?.setting([("architectures", "[\(stated)]")])
    identity.append("architecture \(architecture)")
    location += " as \(architecture)"
  }

  // MARK: Faults

  /// A path that contains the marks of a reference looks like one, which only the files can tell.
  private static func hinted(
    _ error: CheckpointError, at reference: ModelReference, _ specFolder: String?
  ) -> CheckpointError {
    guard ModelReference.hasMarks(reference.text),
      ModelLocator().localPath(reference.text, relativeTo: specFolder) != nil
    else { return error }
    var error = error
    error.hint =
      "there is something at that whole path; to name it, write {model: {path: \(JSONEdit.quote(reference.text))}}"
    return error
  }

  private func hinted(
    _ error: CheckpointError, at reference: ModelReference, _ specFolder: String?
  ) -> CheckpointError {
    Self.hinted(error, at: reference, specFolder)
  }

  /// An adapter where a model was meant.
  private static func adapterAlone(
    _ path: String, _ reference: ModelReference, _ specFolder: String?
  ) -> CheckpointError {
    var hint = "write MODEL+\(reference.text)"
    if let base = AdapterFolder.baseModel(ofAdapterAt: path) {
      let isHere = (try? ModelLocator.locate(base, relativeTo: specFolder)) != nil
      hint =
        isHere
        ? "write \(base)+\(reference.text), which is the model that it was trained on"
        : hint + "; it was trained on \(PrintableText.of(base)), which is not here"
    }
    return CheckpointError(.refused, path: path, "this is an adapter, not a model", hint: hint)
  }
}
