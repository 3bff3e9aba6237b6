public import Documents

/// What the specs of a file call the result of one of them.
public struct StageName: Hashable, Sendable {
  /// The name.
  public var text: String
  /// Where it stands.
  public var position: SourcePosition

  /// Names a stage.
  public init(text: String, position: SourcePosition) {
    self.text = text
    self.position = position
  }

  /// Longer ones are no names; they also become names of folders.
  static let maximumLength = 100
}

extension SpecReader {
  /// Reads the name of a spec among others; nil if it has none, or one that cannot be used.
  mutating func readName() -> StageName? {
    guard isStage, let entry = tree.root.mapping.map(Fields.init)?["name"], !entry.value.isNull else { return nil }
    let position = entry.value.usePosition
    guard let text = entry.value.text, !text.isEmpty else {
      error(at: position, "name is a word that other specs in this file refer to, not \(entry.value.kind)")
      return nil
    }
    if text.contains("+") || text.contains("@") {
      error(
        at: position, "a name cannot contain + or @", hint: "in a reference they ask for an adapter or a revision")
      return nil
    }
    guard text.count <= StageName.maximumLength else {
      error(at: position, "a name has at most \(StageName.maximumLength) characters")
      return nil
    }
    return StageName(text: text, position: position)
  }
}
