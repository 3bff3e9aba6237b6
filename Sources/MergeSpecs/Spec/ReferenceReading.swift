internal import Documents

extension SpecReader {
  /// Reads a model reference: its text, or mergekit's mapping form.
  mutating func readReference(_ node: SyntaxNode, of key: String) -> ModelReference? {
    if let entries = node.mapping { return readReference(entries, in: node, of: key) }
    guard let text = node.text, !text.isEmpty else {
      error(
        at: node.usePosition, "`\(key)` names a model, but here is \(node.isNull ? "nothing" : node.kind)",
        hint: "a model is a path or org/name")
      return nil
    }
    do throws(ModelReferenceError) {
      return try ModelReference(parsing: text, at: node.position)
    } catch {
      self.error(at: node.usePosition, error.message, hint: error.hint)
      return nil
    }
  }

  /// `model`, `lora` and `override_architecture`; instead of `model` also `path` and `revision` right here.
  private mutating func readReference(
    _ entries: [SyntaxEntry], in node: SyntaxNode, of key: String
  ) -> ModelReference? {
    checkReferenceKeys(entries, keys: SpecLevel.reference.keys)
    let fields = Fields(entries.filter { !$0.value.isNull })
    let named = fields["model"].flatMap { $0.value.mapping.flatMap { Fields($0)["path"] } ?? $0 } ?? fields["path"]
    let position = named?.value.position ?? node.position
    var isFaulty = false
    var architecture: String?
    if let entry = fields["override_architecture"] {
      architecture = entry.value.text.flatMap { $0.isEmpty ? nil : $0 }
      if architecture == nil {
        error(
          at: entry.value.usePosition, "override_architecture names a class, but here is \(entry.value.kind)",
          hint: "for instance LlamaForCausalLM")
        isFaulty = true
      }
    }
    var adapter: ModelReference.Place?
    if let entry = fields["lora"] {
      adapter = readPlace(entry.value, of: "lora", as: "adapter")
      if adapter == nil { isFaulty = true }
    }
    if let model = fields["model"], let other = fields["path"] ?? fields["revision"] {
      error(
        at: other.keyPosition, "`\(other.key)` belongs to `model`, which stands in line \(model.keyPosition.line)",
        hint: "write model: {path: …, revision: …}")
      isFaulty = true
    }
    let inner = entries.filter { SpecLevel.place.keys.contains($0.key) }
    let model =
      if let entry = fields["model"] {
        readPlace(entry.value, of: "model", as: "model")
      } else {
        readPlace(inner, in: node, of: key)
      }
    guard let model, !isFaulty else { return nil }
    return ModelReference(model: model, adapter: adapter, architecture: architecture, position: position)
  }

  /// Reads what a mapping says of one place: `path@revision`, or a mapping of both. A + is a part of the path here.
  private mutating func readPlace(_ node: SyntaxNode, of key: String, as role: String) -> ModelReference.Place? {
    if let entries = node.mapping {
      checkReferenceKeys(entries, keys: SpecLevel.place.keys)
      return readPlace(entries, in: node, of: key)
    }
    guard let text = node.text, !text.isEmpty else {
      error(
        at: node.usePosition, "`\(key)` names \(role == "model" ? "a model" : "an adapter"), but here is \(node.kind)",
        hint: "write a path or org/name, or {path: …, revision: …}")
      return nil
    }
    do throws(ModelReferenceError) {
      return try ModelReference.place(text, of: text, as: role)
    } catch {
      self.error(at: node.usePosition, error.message, hint: error.hint)
      return nil
    }
  }

  private mutating func readPlace(
    _ entries: [SyntaxEntry], in node: SyntaxNode, of key: String
  ) -> ModelReference.Place? {
    let fields = Fields(entries.filter { !$0.value.isNull })
    guard let path = fields["path"]?.value.text, !path.isEmpty else {
      error(
        at: fields["path"]?.value.usePosition ?? node.usePosition, "`\(key)` names no model",
        hint: "write a path or org/name")
      return nil
    }
    guard let entry = fields["revision"] else { return ModelReference.Place(path: path) }
    guard let revision = entry.value.text, !revision.isEmpty else {
      error(
        at: entry.value.usePosition, "a revision is the name of a branch, a tag or a commit, not \(entry.value.kind)")
      return nil
    }
    return ModelReference.Place(path: path, revision: revision)
  }

  private mutating func checkReferenceKeys(_ entries: [SyntaxEntry], keys: [String]) {
    for entry in entries where !keys.contains(entry.key) {
      let nearest = entry.key == "adapter" && keys.contains("lora") ? "lora" : NearestName.of(entry.key, in: keys)
      meaningless(
        at: entry.keyPosition, "there is no key `\(entry.key)` in a model reference",
        hint: nearest.map { "did you mean \($0)?" } ?? "keys: " + keys.joined(separator: ", "))
    }
  }
}
