internal import Documents
public import MergeMethods
internal import Tensors

extension MergePlan {
  /// The size of all tensors that are read, in bytes; one that two steps read counts twice, those of stages not at all.
  public var inputByteCount: Int {
    steps.reduce(0) { $0 + $1.inputs.reduce(0) { $0 + (models[$1.model].isStage ? 0 : $1.byteCount) } }
  }

  /// The size of all tensors that are written, in bytes.
  public var outputByteCount: Int { steps.reduce(0) { $0 + $1.output.byteCount } }

  /// The plan for people: the models, the bytes, and the tensors folded over layers with what is done to them.
  ///
  /// - Parameter methods: where the defaults of parameters are looked up.
  public func text(methods: [MethodDescription] = Catalog.methods) -> String {
    PlanText(plan: self, methods: methods).render()
  }
}

/// Renders a plan as text.
struct PlanText {
  let plan: MergePlan
  let methods: [MethodDescription]

  /// A row of the table: one tensor, or tensors that differ in numbers only, over a run of layers.
  private struct Row: Hashable {
    var name: String
    var shape: String
    var note: String
  }

  func render() -> String {
    var lines = heading()
    let steps = plan.steps
    lines += section("embedding", steps.filter { $0.role == .embedding })
    lines += section("outside of the layers", steps.filter { $0.role == .other })
    for run in LayerRun.runs(of: steps) { lines += section(run.title(in: plan), run) }
    lines += section("final norm", steps.filter { $0.role == .finalNorm })
    lines += section("head", steps.filter { $0.role == .head })
    let unset = names.compactMap { name in
      defaults(of: name).map { (names.count > 1 ? "\(name), " : "") + "not set, so by default: \($0)" }
    }
    if !unset.isEmpty { lines += [""] + unset }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The names of the methods that some step uses.
  private var names: [String] { plan.methodName.split(separator: ",").map { String($0.drop { $0 == " " }) } }

  private func heading() -> [String] {
    let count = Words.count(plan.models.count, "model")
    var lines = ["\(plan.methodName): \(count) into \(Words.count(plan.steps.count, "tensor"))"]
    let bases = Set(plan.steps.compactMap { step in step.base.map { step.inputs[$0].model } })
    let references = Self.columns(plan.models.map(\.reference))
    let locations = Self.columns(plan.models.map { $0.isStage ? "a stage" : $0.location })
    for index in plan.models.indices {
      var roles: [String] = []
      if bases.contains(index) { roles.append("base") }
      if index == plan.donor { roles.append("gives configuration and tokenizer") }
      lines.append(
        Self.trimmed("  [\(index + 1)] \(references[index])  \(locations[index])  \(roles.joined(separator: ", "))"))
    }
    lines.append("reads   " + ByteCount.text(plan.inputByteCount))
    lines.append("writes  " + ByteCount.text(plan.outputByteCount) + (commonDType.map { " in \($0.rawValue)" } ?? ""))
    if let seed = plan.seed { lines.append("seed    \(seed)") }
    if let layers = plan.layerCount { lines.append("layers  \(layers)") }
    return lines
  }

  private var commonDType: DType? {
    let counts = Dictionary(plan.steps.map { ($0.output.dtype, 1) }, uniquingKeysWith: +)
    return DType.allCases.max { counts[$0, default: 0] < counts[$1, default: 0] }.flatMap {
      counts[$0] == nil ? nil : $0
    }
  }

  // MARK: Tables

  private func section(_ title: String, _ steps: [PlanStep]) -> [String] {
    section(title, steps.map { (name: $0.output.name, steps: [$0]) })
  }

  private func section(_ title: String, _ run: LayerRun) -> [String] { section(title, run.rows) }

  private func section(_ title: String, _ entries: [(name: String, steps: [PlanStep])]) -> [String] {
    guard !entries.isEmpty else { return [] }
    var rows: [Row] = []
    var counts: [Row: Int] = [:]
    var names: [Row: String] = [:]
    for (name, steps) in entries {
      guard let step = steps.first else { continue }
      let row = Row(name: Self.pattern(of: name), shape: Self.text(step.output.shape), note: note(for: steps))
      if counts[row] == nil { rows.append(row) }
      counts[row, default: 0] += 1
      names[row] = name
    }
    // Where all tensors of a section meet the same fate, one line says it.
    if let note = rows.first?.note, rows.count > 2, rows.allSatisfy({ $0.note == note }) {
      let count = "\(entries.count) tensors" + ((entries.first?.steps.count ?? 1) > 1 ? " in each" : "")
      return ["", title, "  all \(count)  \(note)"]
    }
    let shown = rows.prefix(60)
    let labels = Self.columns(
      shown.map { row in
        let count = counts[row] ?? 1
        return count == 1 ? names[row] ?? row.name : "\(row.name) (\(count))"
      })
    let shapes = Self.columns(shown.map(\.shape))
    var lines = ["", title]
    for (index, row) in shown.enumerated() {
      lines.append(Self.trimmed("  \(labels[index])  \(shapes[index])  \(row.note)"))
    }
    if rows.count > shown.count { lines.append("  and \(rows.count - shown.count) more; --json lists all") }
    return lines
  }

  /// What is done to a tensor, over the layers of a run.
  private func note(for steps: [PlanStep]) -> String {
    guard let first = steps.first else { return "" }
    var parts: [String] = []
    switch first.operation {
    case .copy(let reason):
      let models = Set(steps.flatMap(\.inputs).map(\.model)).sorted()
      let source = plan.models.count > 1 ? models.map { " [\($0 + 1)]" }.joined() : ""
      parts.append("copy of\(source.isEmpty ? " the model" : source)" + (reason.map { ": \($0)" } ?? ""))
    case .merge(let name, _, _):
      let method = methods.first { $0.name == name }
      let settled = steps.compactMap { step -> ResolvedParameters? in
        if case .merge(_, let parameters, _) = step.operation { parameters } else { nil }
      }
      let settings = parameters(settled, step: first, method: method)
      if settings.isEmpty || names.count > 1 { parts.append(name) }
      parts += settings
      if let remark = first.remark { parts.append(remark) }
      for input in first.inputs
      where LayerName(input.tensor.name)?.rest != LayerName(first.output.name)?.rest
        || LayerName(first.output.name) == nil && input.tensor.name != first.output.name
      {
        parts.append("[\(input.model + 1)] gives \(input.tensor.name)")
      }
    }
    if first.output.dtype != commonDType, first.output.dtype.isFloatingPoint {
      parts.append(first.output.dtype.rawValue)
    }
    return parts.joined(separator: ", ")
  }

  private func parameters(
    _ settled: [ResolvedParameters], step: PlanStep, method: MethodDescription?
  ) -> [String] {
    let known = method?.parameters.map(\.name) ?? []
    func ordered(_ names: Set<String>) -> [String] {
      known.filter { names.contains($0) } + names.subtracting(known).sorted()
    }
    var parts: [String] = []
    for name in ordered(Set(settled.flatMap { $0.perInput.flatMap(\.keys) })) {
      let series = step.inputs.indices.compactMap { input -> (model: Int, text: String)? in
        let values = settled.map { $0.perInput.indices.contains(input) ? $0.perInput[input][name] : nil }
        return values.allSatisfy { $0 == nil } ? nil : (step.inputs[input].model, self.series(name, values, method))
      }
      if let text = series.first?.text, series.allSatisfy({ $0.text == text }) {
        parts.append("\(name) \(text)" + (series.count > 1 ? " each" : ""))
      } else {
        parts.append(name + series.map { " [\($0.model + 1)] \($0.text)" }.joined())
      }
    }
    for name in ordered(Set(settled.flatMap(\.global.keys))) {
      parts.append("\(name) \(series(name, settled.map { $0.global[name] }, method))")
    }
    return parts
  }

  /// The values of a parameter over layers, in short.
  private func series(_ name: String, _ values: [Double?], _ method: MethodDescription?) -> String {
    let texts = values.map { $0.map { text($0, of: name, method) } ?? "-" }
    if let first = texts.first, texts.allSatisfy({ $0 == first }) { return first }
    if texts.count <= 9 { return texts.joined(separator: " ") }
    return texts.prefix(4).joined(separator: " ") + " … " + texts.suffix(4).joined(separator: " ")
  }

  private func text(_ value: Double, of name: String, _ method: MethodDescription?) -> String {
    let parameter = method?.parameters.first { $0.name == name }
    if let parameter, parameter.kind == .flag || parameter.choices != nil { return parameter.text(of: value) }
    return NumberText.short(value)
  }

  private func defaults(of name: String) -> String? {
    let method = methods.first { $0.name == name }
    var used: Set<String> = []
    for case .merge(name, let parameters, _) in plan.steps.map(\.operation) {
      used.formUnion(parameters.global.keys)
      for input in parameters.perInput { used.formUnion(input.keys) }
    }
    let unset = (method?.parameters ?? []).filter { !used.contains($0.name) }
      .compactMap { parameter in
        parameter.defaultValue.map { "\(parameter.name) \(text($0, of: parameter.name, method))" }
      }
    return unset.isEmpty ? nil : unset.joined(separator: ", ")
  }

  // MARK: Small texts

  /// A name with its numbers replaced, so that the experts of a layer share one row.
  private static func pattern(of name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) == nil ? String($0) : "*" }
      .joined(separator: ".")
  }

  private static func text(_ shape: Shape) -> String {
    shape.dimensions.isEmpty ? "1" : shape.dimensions.map(String.init).joined(separator: " x ")
  }

  private static func columns(_ texts: some Collection<String>) -> [String] {
    let width = min(60, texts.map(\.count).max() ?? 0)
    return texts.map { $0 + String(repeating: " ", count: max(0, width - $0.count)) }
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
