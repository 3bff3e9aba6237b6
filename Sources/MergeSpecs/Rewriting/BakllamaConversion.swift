internal import Documents
internal import MergeMethods

/// A configuration of bakllama, mergekit's oldest program for models made of the layers of others, and the spec that asks
/// for the same.
///
/// Layers are copied, one slice behind the other; `scale` is a factor of the matrices that lead out of feed-forward
/// blocks. What comes before the layers is the first slice's, and what comes behind them the last one's, unless
/// `embedding_source` and `lm_head_source` name other models. mergekit's own program of today passes over these two.
struct BakllamaConversion {
  private struct Slice {
    var model: String
    var start: Int
    var end: Int
    var scale: String?
  }

  private let file: String
  private var slices: [Slice] = []
  private var sources: [String: String] = [:]
  private var notes: [Diagnostic] = []
  private var errors: [Diagnostic] = []

  private static let sliceKeys = ["model", "start", "end", "scale"]
  /// The keys for tensors beside the layers, and how these tensors are called.
  private static let tensors = [("embedding_source", "embed_tokens"), ("lm_head_source", "lm_head")]

  /// Whether a document is such a configuration.
  static func recognises(_ root: SyntaxNode) -> Bool { root.mapping?.contains { $0.key == "layer_slices" } ?? false }

  /// Makes a spec of a text's only document.
  static func converted(
    _ stream: SyntaxStream, text: String, file: String, methods: [MethodDescription]
  ) -> (result: SpecConversion.Result?, diagnostics: [Diagnostic]) {
    var conversion = BakllamaConversion(file: file)
    if stream.documents.count > 1 {
      conversion.error(at: stream.documents[1].root.position, "bakllama has one configuration in a file")
    }
    if let root = stream.documents.first?.root, recognises(root) {
      conversion.read(root)
    } else {
      conversion.error(
        at: nil, "there is no configuration of bakllama",
        hint: "it has `layer_slices:`, a list of models with start and end")
    }
    guard conversion.errors.isEmpty else { return (nil, Diagnostic.sorted(conversion.errors)) }
    let comments = text.split(whereSeparator: \.isNewline).map { "# \($0)" }.joined(separator: "\n")
    let result = comments + "\n" + conversion.spec()
    let remaining = StagedSpec.parse(result, file: file, methods: methods).diagnostics
    return (
      SpecConversion.Result(text: result, notes: Diagnostic.sorted(conversion.notes), remaining: remaining), []
    )
  }

  private init(file: String) { self.file = file }

  // MARK: Reading

  private mutating func read(_ root: SyntaxNode) {
    for entry in root.mapping ?? [] {
      switch entry.key {
      case "layer_slices":
        guard let elements = entry.value.sequence, !elements.isEmpty else {
          error(
            at: entry.value.usePosition,
            "`layer_slices` is a list of slices, but here is \(entry.value.sequence == nil ? entry.value.kind : "none")"
          )
          continue
        }
        for element in elements { readSlice(element) }
      case let key where Self.tensors.contains { $0.0 == key }:
        if entry.value.isNull { continue }
        if let model = entry.value.text {
          sources[key] = model
        } else {
          error(at: entry.value.usePosition, "`\(key)` names a model, but here is \(entry.value.kind)")
        }
      default: passOver(entry, in: ["layer_slices"] + Self.tensors.map(\.0))
      }
    }
  }

  private mutating func readSlice(_ node: SyntaxNode) {
    guard let entries = node.mapping else {
      return error(at: node.usePosition, "a slice has `model`, `start` and `end`, but here is \(node.kind)")
    }
    for entry in entries where !Self.sliceKeys.contains(entry.key) { passOver(entry, in: Self.sliceKeys) }
    let fields = Fields(entries)
    let bounds = ["start", "end"].map { key in
      fields[key]?.value.scalar.flatMap { $0.int ?? Int($0.text) }
    }
    guard let model = fields["model"]?.value.text, let start = bounds[0], let end = bounds[1] else {
      return error(
        at: node.usePosition, "a slice needs `model`, and `start` and `end` as whole numbers",
        hint: "the end is the layer after the last")
    }
    let scale = fields["scale"].flatMap { $0.value.isNull ? nil : $0.value }
    let factor = scale?.scalar?.number
    if let scale, factor?.isFinite != true {
      error(at: scale.usePosition, "`scale` is a number, but here is \(scale.kind)")
    }
    slices.append(Slice(model: model, start: start, end: end, scale: factor.map { "\($0)" }))
  }

  private mutating func passOver(_ entry: SyntaxEntry, in keys: [String]) {
    notes.append(
      Diagnostic(
        .note, file: file, at: entry.keyPosition,
        "`\(entry.key)` is left out: it is no key of bakllama, which passes over it",
        hint: NearestName.of(entry.key, in: keys).map { "did you mean \($0)?" }))
  }

  // MARK: The spec

  private mutating func spec() -> String {
    var lines = ["merge_method: passthrough", "slices:"]
    for (index, slice) in slices.enumerated() {
      var others: [(model: String, tensors: String)] = []
      for (key, tensors) in Self.tensors where index == (key == "embedding_source" ? 0 : slices.count - 1) {
        if let model = sources[key], model != slice.model { others.append((model, tensors)) }
      }
      if !others.isEmpty { notes.append(borrowing(others, slice)) }
      lines += Self.lines(of: slice, others)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func borrowing(_ others: [(model: String, tensors: String)], _ slice: Slice) -> Diagnostic {
    let told = others.map { "\($0.tensors) of \($0.model)" }.joined(separator: " and ")
    return Diagnostic(
      .note, file: file, "the slice of \(slice.model) is now a sum, to which \(told) comes with a weight of one",
      hint: "mergekit's bakllama of today takes those tensors from the slices' models, whatever the configuration says")
  }

  private static func lines(of slice: Slice, _ others: [(model: String, tensors: String)]) -> [String] {
    let range = "        layer_range: [\(slice.start), \(slice.end)]"
    let scaled = slice.scale.map { [("down_proj", $0)] } ?? []
    guard !others.isEmpty else {
      return ["  - sources:", "      - model: \(YAMLWord.of(slice.model))", range]
        + (scaled.isEmpty ? [] : parameter("scale", scaled, else: "1.0"))
    }
    // One model's tensors and nothing of the other's: as a sum it is exact.
    var lines = ["  - merge_method: linear", "    sources:", "      - model: \(YAMLWord.of(slice.model))", range]
    lines += parameter("weight", others.map { ($0.tensors, "0.0") } + scaled, else: "1.0")
    for model in others.map(\.model).reduce(into: [String](), { if !$0.contains($1) { $0.append($1) } }) {
      let own = others.filter { $0.model == model }.map { ($0.tensors, "1.0") }
      lines += ["      - model: \(YAMLWord.of(model))", range] + parameter("weight", own, else: "0.0")
    }
    return lines + ["    parameters:", "      normalize: false"]
  }

  private static func parameter(_ name: String, _ cases: [(filter: String, value: String)], else rest: String)
    -> [String]
  {
    ["        parameters:", "          \(name):"]
      + cases.flatMap { ["            - filter: \($0.filter)", "              value: \($0.value)"] }
      + ["            - value: \(rest)"]
  }

  private mutating func error(at position: SourcePosition?, _ message: String, hint: String? = nil) {
    errors.append(Diagnostic(.error, file: file, at: position, message, hint: hint))
  }
}
