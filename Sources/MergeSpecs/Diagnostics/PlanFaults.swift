internal import Documents
internal import MergeMethods
internal import Tensors

/// Collects what is wrong between a spec and its models, so that a fault of many tensors is reported once.
struct PlanFaults {
  let spec: MergeSpec
  private var plain: [Diagnostic] = []
  private var gathered: [Key: Fault] = [:]
  private(set) var names: [Int: NamesOfSlice] = [:]
  private var reported: Set<String> = []

  init(spec: MergeSpec) { self.spec = spec }

  private enum Kind { case missing, mismatch, unset, refused, quantised, allowed }

  private struct Key: Hashable {
    var kind: Kind
    var position: SourcePosition
    var subject: String
  }

  private struct Fault {
    var message: String
    var more: String
    var hint: String?
    var count = 1
    var order: Int
  }

  /// The tensor names that filters of a slice are tested on.
  struct NamesOfSlice {
    var output: Set<String> = []
    var inputs: [Set<String>] = []
  }

  /// All that was found.
  var diagnostics: [Diagnostic] {
    plain
      + gathered.sorted { $0.value.order < $1.value.order }.map { key, fault in
        Diagnostic(
          key.kind == .allowed ? .note : .error, file: spec.file, at: key.position,
          fault.message + (fault.count > 1 && !fault.more.isEmpty ? "; \(fault.count - 1) more \(fault.more)" : ""),
          hint: fault.hint)
      }
  }

  mutating func error(at position: SourcePosition, _ message: String, hint: String? = nil) {
    plain.append(Diagnostic(.error, file: spec.file, at: position, message, hint: hint))
  }

  mutating func note(at position: SourcePosition, _ message: String, hint: String? = nil) {
    plain.append(Diagnostic(.note, file: spec.file, at: position, message, hint: hint))
  }

  mutating func warning(at position: SourcePosition, _ message: String, hint: String? = nil) {
    plain.append(Diagnostic(.warning, file: spec.file, at: position, message, hint: hint))
  }

  /// Whether an error has been reported for the output tensor of this name.
  func isReported(_ tensor: String) -> Bool { reported.contains(tensor) }

  private mutating func gather(
    _ kind: Kind, at position: SourcePosition, subject: String, _ message: String, more: String, hint: String?
  ) {
    let key = Key(kind: kind, position: position, subject: subject)
    if gathered[key] != nil {
      gathered[key]?.count += 1
    } else {
      gathered[key] = Fault(message: message, more: more, hint: hint, order: gathered.count)
    }
  }

  // MARK: Tensors

  mutating func missing(_ request: StepRequest, holder: Int, missing: [Int], slice: PlanBuilder.Slice) {
    reported.insert(request.name)
    let sources = slice.effective.sources
    for index in missing {
      let model = sources[index].model
      gather(
        .missing, at: model.position, subject: model.text,
        "\(model.text) has no tensor \(request.asked[index].name), which \(sources[holder].model.text) has",
        more: "are missing",
        hint: "models of one architecture have the same tensors; "
          + "`allow_mismatch: skip` leaves the model out of these, `copy-base` copies them from the base")
    }
  }

  mutating func mismatch(_ request: StepRequest, standard: Int, odd: [Int], slice: PlanBuilder.Slice) {
    reported.insert(request.name)
    let sources = slice.effective.sources
    guard let expected = request.asked[standard].tensor else { return }
    for index in odd {
      guard let found = request.asked[index].tensor else { continue }
      let model = sources[index].model
      var message = "\(found.name) of \(model.text) has the shape \(found.shape), "
      message += found.name == expected.name ? "" : "\(expected.name) "
      message += "that of \(sources[standard].model.text) has \(expected.shape)"
      if found.shape == expected.shape {
        message = "\(found.name) of \(model.text) holds \(found.dtype.rawValue) elements, "
        message += "that of \(sources[standard].model.text) \(expected.dtype.rawValue)"
      }
      let isVocabulary = request.role == .embedding || request.role == .head
      gather(
        .mismatch, at: model.position, subject: model.text, message, more: "differ",
        hint: spec.mismatch == .truncate
          ? "`truncate` is for the rows of embeddings and heads; `skip` or `copy-base` would do"
          : isVocabulary
            ? "add `tokenizer_source: union` to the spec, which gives all models one vocabulary; or `allow_mismatch: "
              + "truncate` to merge the rows that all have, `skip` to leave the model out, `copy-base` to copy the base's"
            : "`allow_mismatch: skip` leaves the model out of these, `copy-base` copies them from the base")
    }
  }

  /// Something that `allow_mismatch` did to tensors of a model, said once for all of them.
  mutating func allowed(_ source: SourceSpec, _ message: String, more: String, subject: String) {
    gather(.allowed, at: source.model.position, subject: subject + source.model.text, message, more: more, hint: nil)
  }

  /// A part that the models do not have.
  mutating func unknown(_ module: ModuleSpec, known: [ModelModule]) {
    let names = known.map(\.name)
    let nearest = NearestName.of(module.name, in: names + known.flatMap(\.aliases))
    error(
      at: module.position, "the models have no part \(module.name)",
      hint: (nearest.map { "did you mean \($0)? " } ?? "") + "parts: " + names.joined(separator: ", "))
  }

  /// Compares layers that are to stand above each other in one model.
  mutating func checkTemplates(of slices: [PlanBuilder.Slice], layouts: [ModelLayout], stack: String) {
    var shapes: [Int: [String: Set<Shape>]] = [:]
    for model in Set(slices.flatMap(\.models)) {
      for tensor in layouts[model].tensors(of: stack) {
        if let rest = LayerName(tensor.name)?.rest {
          shapes[model, default: [:]][rest, default: []].insert(tensor.shape)
        }
      }
    }
    guard let first = slices.first?.models.first, let expected = shapes[first], let slice = slices.first else { return }
    var seen: Set<Int> = [first]
    for other in slices.dropFirst() {
      for (source, model) in zip(other.effective.sources, other.models) where seen.insert(model).inserted {
        let odd = (shapes[model] ?? [:]).filter { rest, found in expected[rest]?.isDisjoint(with: found) ?? false }
        guard let rest = odd.keys.min(), let found = Self.first(odd[rest]), let wanted = Self.first(expected[rest])
        else {
          continue
        }
        error(
          at: source.model.position,
          "the layers of \(source.model.text) do not fit above those of \(slice.effective.sources[0].model.text): "
            + "\(rest) has the shape \(found), there \(wanted)",
          hint: "layers can be stacked only if their shapes agree")
      }
    }
  }

  /// One of several shapes, always the same one.
  private static func first(_ shapes: Set<Shape>?) -> Shape? { shapes?.min { $0.description < $1.description } }

  /// A model whose weights are codes that cannot be calculated with.
  mutating func quantised(_ source: SourceSpec) {
    gather(
      .quantised, at: source.model.position, subject: source.model.text,
      "the weights of \(source.model.text) are quantised and cannot be merged", more: "",
      hint: "its config.json has a quantization_config; use the model it was made from")
  }

  // MARK: Parameters

  /// A required parameter that the spec sets, but for other tensors only.
  mutating func unset(
    _ parameter: ParameterDescription, levels: [[ParameterEntry]], tensor: String, source: SourceSpec?,
    slice: EffectiveSlice
  ) {
    let entry = levels.last { $0.contains { $0.name == parameter.name } }?.last { $0.name == parameter.name }
    // Parameters that no level sets, or sets to something else than a value, were reported with the spec.
    if spec.isFaulty, entry?.cases.isEmpty ?? true { return }
    let owner = source.map { " of \($0.model.text)" } ?? ""
    gather(
      .unset, at: entry?.position ?? slice.methodPosition, subject: source?.model.text ?? "",
      "no filter of \(parameter.name) matches \(tensor)\(owner), and \(slice.method.name) needs a value",
      more: "tensors have none", hint: "add a value without a filter at the end of the list")
  }

  mutating func refused(_ refusal: MergeMethodError, tensor: String, slice: EffectiveSlice) {
    reported.insert(tensor)
    let message = "\(slice.method.name): \(refusal)"
    // A refusal that names its tensor comes once for each of them.
    let parts = message.split(separator: tensor, omittingEmptySubsequences: false).joined()
    gather(
      .refused, at: slice.methodPosition, subject: parts, message,
      more: parts == message ? "" : "tensors are refused", hint: nil)
  }

  // MARK: Filters

  /// Remembers a tensor's names for the check of filters.
  mutating func note(_ request: StepRequest, slice: Int) {
    // In place: a copy for every tensor would take time that grows with the square of their number.
    names[slice, default: NamesOfSlice(inputs: request.asked.map { _ in [] })].output.insert(request.name)
    for (index, asked) in request.asked.enumerated() where asked.tensor != nil || request.role == .head {
      names[slice]?.inputs[index].insert(asked.name)
    }
  }

}

/// Small pieces of sentences.
enum Words {
  /// A count with its noun.
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)" + (number == 1 ? "" : "s") }
}
