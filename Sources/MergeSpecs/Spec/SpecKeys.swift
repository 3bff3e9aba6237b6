internal import Documents
internal import MergeMethods

extension SpecReader {
  /// Reports every key of a mapping that means nothing there.
  mutating func checkKeys(_ entries: [SyntaxEntry], of level: SpecLevel) {
    for entry in entries where !level.keys.contains(entry.key) {
      if isStage, level == .spec, entry.key == "name" { continue }
      switch level.remark(on: entry.key) {
      case .unsupported(let reason):
        error(at: entry.keyPosition, "`\(entry.key)` is not supported yet", hint: reason)
      case .ignored(let reason):
        warning(at: entry.keyPosition, "`\(entry.key)` has no effect", hint: reason)
      case nil: checkUnknown(entry, at: level)
      }
    }
  }

  private mutating func checkUnknown(_ entry: SyntaxEntry, at level: SpecLevel) {
    let nearest = NearestName.of(entry.key, in: level.keys)
    // Specs keep text for aliases and merge keys under names of their own.
    if !entry.value.anchors.isDisjoint(with: tree.usedAnchors) || entry.key.first == "." || entry.key.first == "_"
      || entry.key.hasPrefix("x-")
    {
      if let nearest {
        warning(at: entry.keyPosition, "`\(entry.key)` only holds anchors", hint: "did you mean \(nearest)?")
      }
      return
    }
    if level != .parameterCase, parameterNames.contains(entry.key) {
      meaningless(
        at: entry.keyPosition, "`\(entry.key)` is a parameter of merge methods and does nothing here",
        hint: "it belongs under `parameters:`, one level deeper")
      return
    }
    if let home = SpecLevel.home(of: entry.key) {
      meaningless(
        at: entry.keyPosition, "`\(entry.key)` does nothing in \(level.place)", hint: "it belongs in \(home.place)")
      return
    }
    meaningless(
      at: entry.keyPosition, "there is no key `\(entry.key)` in \(level.place)",
      hint: nearest.map { "did you mean \($0)?" } ?? "keys: " + level.keys.joined(separator: ", "))
  }

  /// The elements of a list that must not be empty.
  mutating func list(_ entry: SyntaxEntry, of name: String) -> [SyntaxNode]? {
    guard let elements = entry.value.sequence else {
      error(
        at: entry.value.usePosition, "`\(name)` holds a list, but here is \(entry.value.kind)",
        hint: "begin each entry with a dash")
      return nil
    }
    guard !elements.isEmpty else {
      error(at: entry.value.usePosition, "`\(name)` is empty")
      return nil
    }
    return elements
  }
}
