public import Documents
public import MergeMethods
internal import Tensors

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
    let method = readMethod(fields["merge_method"], in: root)
    let base = fields["base_model"].flatMap { readReference($0.value, of: "base_model") }
    let composition = readComposition(fields, in: root)
    let parameters = readParameters(fields["parameters"]) + misplacedParameters(entries, at: .spec)
    let dtype = fields["dtype"].flatMap { readDType($0) }
    let outputDType = fields["out_dtype"].flatMap { readDType($0) }
    let seed = fields["seed"].flatMap { readSeed($0, method: method) } ?? 0
    guard let composition else { return nil }
    let tokenizer = readTokenizer(fields, base: base)
    let references = Self.references(base: base, in: composition, and: tokenizer?.models ?? [])
    guard let method, let methodPosition = fields["merge_method"]?.value.usePosition else { return nil }
    var spec = MergeSpec(
      file: file, method: method, methodPosition: methodPosition, baseModel: base, composition: composition,
      parameters: parameters, dtype: dtype, outputDType: outputDType, seed: seed,
      references: references)
    spec.tokenizer = tokenizer
    spec.chatTemplate = fields["chat_template"].flatMap { readChatTemplate($0) }
    return spec
  }

  // MARK: Top level

  private mutating func readMethod(_ entry: SyntaxEntry?, in root: SyntaxNode) -> MethodDescription? {
    let names = methods.map(\.name)
    let list = "methods: " + names.joined(separator: ", ")
    guard let entry else {
      error(at: root.position, "merge_method is missing", hint: list)
      return nil
    }
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

  private mutating func readComposition(_ fields: Fields, in root: SyntaxNode) -> MergeSpec.Composition? {
    let models = fields["models"].flatMap { $0.value.isNull ? nil : $0 }
    let slices = fields["slices"].flatMap { $0.value.isNull ? nil : $0 }
    if let models, let slices {
      let line = models.keyPosition.line
      error(
        at: slices.keyPosition, "a spec has either models or slices; models stands in line \(line)",
        hint: "remove one of them")
    }
    if let slices, models == nil {
      guard let elements = list(slices, of: "slices") else { return nil }
      let read = elements.compactMap { readSlice($0) }
      return read.isEmpty ? nil : .slices(read, position: slices.keyPosition)
    }
    guard let models else {
      // The keys of other kinds of spec have been reported already.
      if !["modules", "experts", "genome"].contains(where: { fields[$0] != nil }) {
        error(at: root.position, "the spec names no models", hint: "add models:, or slices: with layer ranges")
      }
      return nil
    }
    guard let elements = list(models, of: "models") else { return nil }
    let read = elements.compactMap { readSource($0, as: .model) }
    return read.isEmpty ? nil : .models(read, position: models.keyPosition)
  }

  private mutating func readSeed(_ entry: SyntaxEntry, method: MethodDescription?) -> UInt64? {
    if entry.value.isNull { return nil }
    guard let scalar = entry.value.scalar, let seed = UInt64(scalar.text) ?? scalar.int.flatMap({ UInt64(exactly: $0) })
    else {
      error(at: entry.value.usePosition, "seed is a whole number from 0 on, but here is \(entry.value.kind)")
      return nil
    }
    if let method, !method.drawsAtRandom {
      warning(at: entry.keyPosition, "`seed` has no effect", hint: "\(method.name) draws nothing at random")
    }
    return seed
  }

  private mutating func readDType(_ entry: SyntaxEntry) -> DType? {
    if entry.value.isNull { return nil }
    guard var name = entry.value.text else {
      error(at: entry.value.usePosition, "\(entry.key) names a dtype, but here is \(entry.value.kind)")
      return nil
    }
    if name.hasPrefix("torch.") { name.removeFirst(6) }
    let allowed = DType.allCases.filter(\.isFloatingPoint).map(\.rawValue)
    if let dtype = DType(rawValue: name), dtype.isFloatingPoint { return dtype }
    let list = "dtypes: " + allowed.joined(separator: ", ")
    let abbreviations = [
      "bf16": "bfloat16", "bfloat": "bfloat16", "fp16": "float16", "half": "float16", "f16": "float16",
      "fp32": "float32", "f32": "float32", "float": "float32", "full": "float32", "fp64": "float64",
      "double": "float64", "fp8": "float8_e4m3fn", "float8": "float8_e4m3fn",
    ]
    let nearest = (abbreviations[name] ?? NearestName.of(name, in: allowed)).map { "did you mean \($0)? " } ?? ""
    if DType(rawValue: name) != nil {
      error(at: entry.value.usePosition, "\(entry.key) cannot be \(name): a merge gives fractions", hint: list)
    } else {
      error(at: entry.value.usePosition, "there is no dtype \"\(name)\"", hint: nearest + list)
    }
    return nil
  }

  private static func references(
    base: ModelReference?, in composition: MergeSpec.Composition, and others: [ModelReference]
  ) -> [ModelReference] {
    var all = [base].compactMap(\.self) + others
    switch composition {
    case .models(let models, _): all += models.map(\.model)
    case .slices(let slices, _):
      for slice in slices { all += slice.sources.map(\.model) + [slice.baseModel].compactMap(\.self) }
    }
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
