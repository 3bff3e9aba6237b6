public import Documents

/// A model as a spec or a command names it: `PATH[@REVISION][+ADAPTER[@REVISION]]`.
///
/// References are equal if they mean the same: two spellings of a revision or of an adapter are one model, two paths are
/// two models even where they lead to one folder.
public struct ModelReference: Sendable {
  /// Something that lies in a folder or in the Hugging Face cache.
  public struct Place: Hashable, Sendable {
    /// A path, or `org/name`.
    public var path: String
    /// A branch, a tag or a commit.
    public var revision: String?

    /// Names a place.
    public init(path: String, revision: String? = nil) {
      self.path = path
      self.revision = revision
    }
  }

  /// The model.
  public var model: Place
  /// The adapter to apply to it.
  public var adapter: Place?
  /// What to take for the class that runs the model, in place of what its configuration says.
  public var architecture: String?
  /// The reference as the user wrote it, or as one text where it is a mapping.
  public var text: String
  /// Where it stands.
  public var position: SourcePosition

  /// Names a model.
  ///
  /// - Parameter text: how users call it; left out, the shortest text that means it.
  public init(
    model: Place, adapter: Place? = nil, architecture: String? = nil, text: String? = nil, position: SourcePosition
  ) {
    self.model = model
    self.adapter = adapter
    self.architecture = architecture
    self.position = position
    self.text = text ?? Self.text(model: model, adapter: adapter, architecture: architecture)
  }

  /// Names a model by a text; one that is no reference is taken for a path.
  public init(text: String, position: SourcePosition) {
    self =
      (try? ModelReference(parsing: text, at: position))
      ?? ModelReference(
        model: Place(path: text), text: text, position: position)
  }

  /// The marks that part a reference, and so cannot be in the paths of its short form.
  public static func hasMarks(_ text: String) -> Bool { text.contains("+") || text.contains("@") }

  /// Whether the model, with or without an adapter, is the stage of this name.
  public func means(stage name: String) -> Bool { text == name || model == Place(path: name) }

  // MARK: Mapping form

  /// The short form where it means the same, else the mapping that does, as it could stand in a spec.
  private static func text(model: Place, adapter: Place?, architecture: String?) -> String {
    let places = [model, adapter].compactMap(\.self)
    if architecture == nil, !places.contains(where: { hasMarks($0.path) || hasMarks($0.revision ?? "") }) {
      return places.map { $0.path + ($0.revision.map { "@" + $0 } ?? "") }.joined(separator: "+")
    }
    var members = ["model: " + mapping(model)]
    if let adapter { members.append("lora: " + mapping(adapter)) }
    if let architecture { members.append("override_architecture: \(architecture)") }
    return "{" + members.joined(separator: ", ") + "}"
  }

  private static func mapping(_ place: Place) -> String {
    "{path: " + JSONEdit.quote(place.path) + (place.revision.map { ", revision: " + JSONEdit.quote($0) } ?? "") + "}"
  }
}

extension ModelReference: Hashable {
  /// Whether both mean the same model.
  public static func == (a: ModelReference, b: ModelReference) -> Bool {
    a.model == b.model && a.adapter == b.adapter && a.architecture == b.architecture
  }

  /// Hashes what the reference means.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(model)
    hasher.combine(adapter)
    hasher.combine(architecture)
  }
}
