internal import Datasets
internal import Documents
internal import Patterns

/// A named row of filters; metrics of its results carry its name.
package struct FilterPipeline: Sendable {
  package var name: String
  var steps: [FilterStep]

  /// What the harness does without filters.
  static let plain = FilterPipeline(name: "none", steps: [])

  /// Whether a step looks at the document's choices.
  var needsChoices: Bool { steps.contains { if case .multiChoice = $0 { true } else { false } } }

  /// The response after all steps.
  package func apply(_ response: String, choices: [String]) -> String {
    steps.reduce(response) { $1.apply($0, choices: choices) }
  }

  /// Reads a pipeline of a task.
  init(_ pipeline: TaskConfiguration.Pipeline) throws(TaskError) {
    name = pipeline.name
    steps = []
    for node in pipeline.steps { steps.append(try Self.step(node)) }
  }

  /// Reads steps written in YAML.
  package init(name: String, yaml: String) throws(TaskError) {
    let node = try TaskYAML.parse("filter: " + yaml, file: name)
    try self.init(TaskConfiguration.Pipeline(name: name, steps: node["filter"]?.list ?? []))
  }

  init(name: String, steps: [FilterStep]) {
    self.name = name
    self.steps = steps
  }

  private static func step(_ node: TaskNode) throws(TaskError) -> FilterStep {
    guard let function = node["function"], let name = function.text else {
      throw TaskError(at: (node["function"] ?? node).place, "a filter needs the key \"function\", its name")
    }
    var allowed: [String] = []
    let step: FilterStep
    switch name {
    case "regex":
      allowed = ["regex_pattern", "group_select", "fallback"]
      step = .regex(
        try expression(node), select: node["group_select"]?.integer ?? 0,
        fallback: node["fallback"].map { PythonText.of($0.data) } ?? "[invalid]")
    case "multi_choice_regex":
      allowed = [
        "regex_pattern", "group_select", "fallback", "ignore_case", "ignore_punctuation", "regexes_to_ignore",
      ]
      var filter = MultiChoiceFilter(expression: try expression(node))
      filter.select = node["group_select"]?.integer ?? 0
      filter.fallback = node["fallback"].map { PythonText.of($0.data) } ?? "[invalid]"
      filter.ignoresCase = node["ignore_case"]?.bool ?? false
      filter.ignoresPunctuation = node["ignore_punctuation"]?.bool ?? false
      for item in node["regexes_to_ignore"]?.list ?? [] { filter.ignored.append(try compile(item)) }
      step = .multiChoice(filter)
    case "remove_whitespace": step = .strip
    case "lowercase": step = .lowercase
    case "uppercase": step = .uppercase
    case "map":
      allowed = ["mapping_dict", "default_value"]
      var mapping: [String: String] = [:]
      for entry in node["mapping_dict"]?.entries ?? [] { mapping[entry.key] = PythonText.of(entry.value.data) }
      step = .map(mapping, fallback: node["default_value"].map { PythonText.of($0.data) } ?? "None")
    case "take_first_k":
      allowed = ["k"]
      if let count = node["k"], count.integer != 1 {
        throw TaskError(at: count.place, "there is one answer to a question, and take_first_k asks for \(count.kind)")
      }
      step = .keep
    case "take_first", "majority_vote": step = .keep
    default:
      throw TaskError(
        at: function.place, "there is no filter \"\(name)\"",
        hint: NearestName.of(name, in: FilterStep.names).map { "did you mean \"\($0)\"?" }
          ?? "the filters are: \(FilterStep.names.joined(separator: ", "))")
    }
    for entry in node.entries ?? [] where entry.key != "function" && !allowed.contains(entry.key) {
      throw TaskError(
        at: entry.place, "the filter \"\(name)\" has no argument \"\(entry.key)\"",
        hint: NearestName.of(entry.key, in: allowed).map { "did you mean \"\($0)\"?" })
    }
    return step
  }

  private static func expression(_ node: TaskNode) throws(TaskError) -> PythonExpression {
    guard let pattern = node["regex_pattern"] else {
      return try compile(
        TaskNode(value: .text("#### (\\-?[0-9\\.\\,]+)"), place: node.place))
    }
    return try compile(pattern)
  }

  private static func compile(_ node: TaskNode) throws(TaskError) -> PythonExpression {
    guard let text = node.text else {
      throw TaskError(at: node.place, "a regular expression is a text, found \(node.kind)")
    }
    do {
      return try PythonExpression(text)
    } catch {
      throw TaskError(
        at: node.place,
        "the regular expression \(PrintableText.quoted(text)) cannot be read: \(error.message) (character \(error.offset + 1))"
      )
    }
  }
}
