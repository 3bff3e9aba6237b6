public import Documents
public import MergeMethods

extension MergeSpec {
  /// Reads a merge spec and says everything that is wrong with it.
  ///
  /// The spec comes back whenever enough of it could be understood to look at its models, so that their faults can be
  /// reported together with its own. A spec among whose diagnostics is an error never becomes a plan.
  ///
  /// - Parameters:
  ///   - text: the spec in YAML.
  ///   - file: the name of the text in diagnostics.
  ///   - lenient: whether keys that mean nothing are warnings instead of errors.
  ///   - methods: the merge methods that the spec may name.
  public static func parse(
    _ text: String, file: String, lenient: Bool = false, methods: [MethodDescription] = Catalog.methods
  ) -> (spec: MergeSpec?, diagnostics: [Diagnostic]) {
    let (staged, diagnostics) = StagedSpec.parse(text, file: file, lenient: lenient, methods: methods)
    guard let staged else { return (nil, diagnostics) }
    guard staged.stages.count > 1 else { return (staged.final, diagnostics) }
    let second = staged.stages.compactMap(\.name).last
    let refusal = Diagnostic(.error, file: file, at: second?.position, "here a spec has no stages")
    return (nil, Diagnostic.sorted(diagnostics + [refusal]))
  }
}

/// Reads a tree as a merge spec, collecting what is wrong on the way.
struct SpecReader {
  let file: String
  let lenient: Bool
  let methods: [MethodDescription]
  let tree: SyntaxTree
  /// Whether the spec may have a name, because there are others beside it.
  let isStage: Bool
  /// All parameter names that some method knows.
  let parameterNames: Set<String>
  var diagnostics: [Diagnostic]

  init(file: String, lenient: Bool, methods: [MethodDescription], tree: SyntaxTree, isStage: Bool) {
    self.file = file
    self.lenient = lenient
    self.methods = methods
    self.tree = tree
    self.isStage = isStage
    parameterNames = MergekitNames.parameters.union(methods.flatMap { $0.parameters.map(\.name) })
    diagnostics = []
  }

  mutating func read() -> MergeSpec? {
    let root = tree.root
    guard let entries = root.mapping else {
      error(at: root.usePosition, "a spec is a mapping of keys such as merge_method and models, not \(root.kind)")
      return nil
    }
    checkKeys(entries, of: .spec)
    let fields = Fields(entries)
    let named = fields["merge_method"].flatMap { readMethod($0) }
    let base = fields["base_model"].flatMap { readReference($0.value, of: "base_model") }
    let composition = readComposition(fields, in: root)
    let parameters = readParameters(fields["parameters"]) + misplacedParameters(entries, at: .spec)
    let dtype = fields["dtype"].flatMap { readDTypes($0) }
    let outputDType = fields["out_dtype"].flatMap { readDTypes($0) }
    let mismatch = fields["allow_mismatch"].flatMap { readMismatch($0) }
    // The keys of other kinds of file have been reported already.
    let isOther = ["experts", "genome"].contains { fields[$0] != nil }
    if fields["merge_method"] == nil, !isOther { checkMethods(of: composition, in: root) }
    guard let composition else { return nil }
    let units = composition.units(of: named)
    let methods = (fields["merge_method"] == nil ? [] : [named]) + units.map(\.method)
    let seed = fields["seed"].flatMap { readSeed($0, methods: methods.compactMap(\.self)) } ?? 0
    let tokenizer = readTokenizer(fields, base: base)
    let references = Self.references(base: base, in: composition, and: tokenizer?.models ?? [])
    let position = fields["merge_method"]?.value.usePosition ?? units.lazy.compactMap(\.methodPosition).first
    guard let method = methods.first ?? nil, !methods.contains(where: { $0 == nil }), let position else { return nil }
    var spec = MergeSpec(
      file: file, method: method, methodPosition: position, baseModel: base, composition: composition,
      parameters: parameters, dtype: dtype, outputDType: outputDType, mismatch: mismatch, seed: seed,
      references: references)
    spec.tokenizer = tokenizer
    spec.chatTemplate = fields["chat_template"].flatMap { readChatTemplate($0) }
    return spec
  }

  // MARK: Top level

  /// Reads the name of a merge method.
  mutating func readMethod(_ entry: SyntaxEntry) -> MethodDescription? {
    let names = methods.map(\.name)
    let list = "methods: " + names.joined(separator: ", ")
    guard let name = entry.value.text else {
      error(at: entry.value.usePosition, "merge_method names a method, but here is \(entry.value.kind)", hint: list)
      return nil
    }
    if let method = methods.first(where: { $0.name == name }) { return method }
    if MergekitNames.methods.contains(name) {
      error(at: entry.value.usePosition, "the merge method \"\(name)\" is not supported yet", hint: list)
    } else {
      let nearest = NearestName.of(name, in: names).map { "did you mean \($0)? " } ?? ""
      error(at: entry.value.usePosition, "there is no merge method \"\(name)\"", hint: nearest + list)
    }
    return nil
  }

  /// Says where a merge method is missing: from the spec, or from the slices and parts that name none.
  private mutating func checkMethods(of composition: MergeSpec.Composition?, in root: SyntaxNode) {
    let units = composition?.units(of: nil) ?? []
    let lacking = units.filter { $0.methodPosition == nil }
    if lacking.count == units.count {
      let list = "methods: " + methods.map(\.name).joined(separator: ", ")
      return error(at: root.position, "merge_method is missing", hint: list)
    }
    for unit in lacking {
      error(
        at: unit.position, "\(unit.name) names no merge_method, and neither does the spec",
        hint: "add one to the spec: it holds for all that have none")
    }
  }

  private mutating func readMismatch(_ entry: SyntaxEntry) -> MismatchRule? {
    if entry.value.isNull { return nil }
    if let rule = entry.value.text.flatMap(MismatchRule.init) { return rule }
    let rules = MismatchRule.allCases.map(\.rawValue)
    let nearest = entry.value.text.flatMap { text in
      let text = text.replacing("_", with: "-")
      return rules.contains(text) ? text : NearestName.of(text, in: rules)
    }
    error(
      at: entry.value.usePosition, "allow_mismatch cannot be \(entry.value.kind)",
      hint: (nearest.map { "did you mean \($0)? " } ?? "") + "choices: " + rules.joined(separator: ", "))
    return nil
  }

  private mutating func readSeed(_ entry: SyntaxEntry, methods: [MethodDescription]) -> UInt64? {
    if entry.value.isNull { return nil }
    guard let scalar = entry.value.scalar, let seed = UInt64(scalar.text) ?? scalar.int.flatMap({ UInt64(exactly: $0) })
    else {
      error(at: entry.value.usePosition, "seed is a whole number from 0 on, but here is \(entry.value.kind)")
      return nil
    }
    if let first = methods.first, !methods.contains(where: \.drawsAtRandom) {
      let names = methods.dropFirst().reduce(into: [first.name]) { if !$0.contains($1.name) { $0.append($1.name) } }
      warning(
        at: entry.keyPosition, "`seed` has no effect",
        hint: names.joined(separator: " and ") + (names.count == 1 ? " draws" : " draw") + " nothing at random")
    }
    return seed
  }

  private static func references(
    base: ModelReference?, in composition: MergeSpec.Composition, and others: [ModelReference]
  ) -> [ModelReference] {
    let all = [base].compactMap(\.self) + others + composition.references
    var seen: Set<String> = []
    return all.sorted { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) }
      .filter { seen.insert($0.text).inserted }
  }

  // MARK: Diagnostics

  mutating func error(at position: SourcePosition, _ message: String, hint: String? = nil) {
    diagnostics.append(Diagnostic(.error, file: file, at: position, message, hint: hint))
  }

  mutating func warning(at position: SourcePosition, _ message: String, hint: String? = nil) {
    diagnostics.append(Diagnostic(.warning, file: file, at: position, message, hint: hint))
  }

  /// Reports a key that means nothing: an error, or a warning if the reader is lenient.
  mutating func meaningless(at position: SourcePosition, _ message: String, hint: String? = nil) {
    diagnostics.append(Diagnostic(lenient ? .warning : .error, file: file, at: position, message, hint: hint))
  }
}

/// The entries of a mapping, by key.
struct Fields {
  private let entries: [String: SyntaxEntry]

  init(_ entries: [SyntaxEntry]) {
    self.entries = Dictionary(entries.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
  }

  /// The entry of this key, or nil.
  subscript(key: String) -> SyntaxEntry? { entries[key] }
}
