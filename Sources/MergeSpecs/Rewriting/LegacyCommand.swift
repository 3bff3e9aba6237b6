internal import Documents
internal import MergeMethods

/// A merge as a command line of `mergekit-legacy` asks for it, and the spec that asks for the same.
///
/// Values go to the models in the order in which both are given, wherever they stand; a single one holds for all.
struct LegacyCommand {
  /// What the command calls its output.
  private(set) var output: String?
  /// The models that are merged, the base among them.
  var references: [String] { models + (values["--base-model"] ?? []) }
  private let command: ShellWords.Command
  private let file: String
  private let methods: [MethodDescription]
  private var models: [String] = []
  private var values: [String: [String]] = [:]
  private var flags: [String: Bool] = [:]
  /// Options that say nothing about the merge itself.
  private var leftOver: [String] = []
  private(set) var notes: [Diagnostic] = []
  private(set) var errors: [Diagnostic] = []

  /// The program that the command lines are for.
  static let program = "mergekit-legacy"
  private static let valued: Set<String> = [
    "--merge", "--density", "--weight", "--method", "--base-model", "--random-seed",
  ]
  private static let switches: Set<String> = ["--normalize", "--int8-mask", "--bf16", "--naive-count", "--print-yaml"]
  /// Options of mergekit's programs that have a value and nothing to do with the spec, and what does the same here.
  private static let otherValued: [String: String?] = [
    "--transformers-cache": nil, "--lora-merge-cache": nil, "--lora-merge-dtype": nil, "--device": nil,
    "-j": "--threads", "--num-threads": "--threads", "--write-threads": nil, "--out-shard-size": "--max-shard-size",
  ]
  /// The same without a value.
  private static let otherSwitches: [String: String] = [
    "--no-write-model-card": "--no-card", "--quiet": "--quiet", "--allow-crimes": "`allow_mismatch:` in the spec",
    "--unsafe-truncate-embeddings": "`allow_mismatch: truncate` in the spec",
  ]

  /// The commands of a text; nil if it is not one of commands.
  static func commands(in text: String) -> [ShellWords.Command]? {
    let commands = ShellWords(text).commands.compactMap { command in
      arguments(of: command).map { ShellWords.Command(words: $0, line: command.line) }
    }
    return commands.isEmpty ? nil : commands
  }

  /// The words behind the program, if that is the one.
  private static func arguments(of command: ShellWords.Command) -> [String]? {
    var words = command.words[...]
    if words.first == "$" { words.removeFirst() }
    // Settings of the environment stand before the program.
    while let first = words.first, first.contains("="), !first.hasPrefix("-"), !first.contains(" ") {
      words.removeFirst()
    }
    guard let program = words.popFirst()?.split(separator: "/").last else { return nil }
    if program == Self.program { return Array(words) }
    guard program.hasPrefix("python"),
      let index = words.firstIndex(where: { $0.hasSuffix("legacy") || $0.hasSuffix("legacy.py") }),
      words[index].contains("mergekit")
    else { return nil }
    return Array(words[(index + 1)...])
  }

  /// Reads a command.
  init(_ command: ShellWords.Command, file: String, methods: [MethodDescription]) {
    self.command = command
    self.file = file
    self.methods = methods
    read()
  }

  // MARK: Reading

  private mutating func read() {
    var rest = command.words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word.count > 1 else {
        if let output {
          error("there are two outputs, \(PrintableText.quoted(output)) and \(PrintableText.quoted(word))")
        }
        output = output ?? word
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let option = parts[0]
      if Self.valued.contains(option) || Self.otherValued.keys.contains(option) {
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
          error("\(option) lacks its value")
          continue
        }
        if Self.valued.contains(option) {
          take(value, of: option)
        } else {
          leftOver.append(option)
        }
      } else {
        let isOff = option.hasPrefix("--no-")
        let name = isOff ? "--" + option.dropFirst(5) : option
        if Self.switches.contains(name) { flags[name] = !isOff } else { leftOver.append(option) }
      }
    }
    if models.isEmpty { error("the command names no models", hint: "each stands behind --merge") }
  }

  private mutating func take(_ value: String, of option: String) {
    if value.contains("$") || value.contains("`") {
      error(
        "\(option) \(value) is for a shell to fill in", hint: "write what \(value) stands for in its place")
      return
    }
    if option == "--merge" { models.append(value) } else { values[option, default: []].append(value) }
  }

  // MARK: The spec

  /// The spec's text.
  ///
  /// - Parameter name: what other specs in the same file call it, if there are others.
  mutating func spec(named name: String?) -> String {
    let method = values["--method"]?.last ?? "ties"
    let description = methods.first { $0.name == method }
    var lines: [String] = name.map { ["name: \(YAMLWord.of($0))"] } ?? []
    lines.append("merge_method: \(method)")
    let base = baseModel(for: description)
    if let base { lines.append("base_model: \(YAMLWord.of(base))") }
    lines.append("models:")
    let knows = { (parameter: String) in description?.parameters.contains { $0.name == parameter } ?? false }
    let weights = knows("weight") ? spread("--weight", default: "1.0") : []
    let densities = knows("density") ? spread("--density", default: nil) : []
    for (index, model) in models.enumerated() {
      lines.append("  - model: \(YAMLWord.of(model))")
      // The base is taken as it is.
      if model == base, description?.base != .unused { continue }
      let own = [("weight", weights), ("density", densities)].filter { index < $0.1.count }
      if !own.isEmpty { lines.append("    parameters:") }
      lines += own.map { "      \($0.0): \($0.1[index])" }
    }
    lines += parameters(knows)
    if flags["--bf16"] == true { lines.append("dtype: bfloat16") }
    if let seed = values["--random-seed"]?.last {
      if description?.drawsAtRandom ?? false {
        lines.append("seed: \(seed)")
      } else {
        note("--random-seed is left out: \(method) draws nothing at random")
      }
    }
    noteRest()
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func baseModel(for method: MethodDescription?) -> String? {
    guard let base = values["--base-model"]?.last else { return nil }
    guard method?.base == .unused, !models.contains(base), method?.name != "passthrough" else { return base }
    note(
      "--base-model \(base) is left out: \(method?.name ?? "the method") has no use for a base",
      hint: "as `base_model:` it would be merged as one more model")
    return nil
  }

  private mutating func parameters(_ knows: (String) -> Bool) -> [String] {
    var lines: [String] = []
    if knows("t") {
      let weights = values["--weight"] ?? []
      if weights.count != 1 {
        error("slerp takes one --weight, the place between the two models; here are \(weights.count)")
      }
      lines += weights.prefix(1).map { "  t: \($0)" }
    } else if let weights = values["--weight"], !knows("weight") {
      note("--weight \(weights.joined(separator: ", ")) is left out: the method has no weights")
    }
    if !knows("density"), values["--density"] != nil { note("--density is left out: the method has no densities") }
    // Every merge of that program was normalised unless told otherwise.
    if knows("normalize") { lines.append("  normalize: \(flags["--normalize"] ?? true)") }
    if flags["--int8-mask"] == true, knows("int8_mask") { lines.append("  int8_mask: true") }
    if flags["--naive-count"] == true {
      if knows("consensus") {
        lines.append("  consensus: count")
        note("--naive-count is now `consensus: count`", hint: "mergekit stops at it")
      } else {
        note("--naive-count is left out: it is for methods that elect signs")
      }
    }
    return lines.isEmpty ? [] : ["parameters:"] + lines
  }

  /// The values of an option for each model.
  private mutating func spread(_ option: String, default standard: String?) -> [String] {
    let given = values[option] ?? []
    for value in given where Double(value)?.isFinite != true {
      error("\(option) \(value) is not a number")
    }
    if given.isEmpty {
      guard let standard else { return [] }
      note("no \(option) is given; every model has \(standard)")
      return models.map { _ in standard }
    }
    if given.count == 1 { return models.map { _ in given[0] } }
    if given.count != models.count {
      error(
        "there are \(given.count) values of \(option) for \(Words.count(models.count, "model"))",
        hint: "give one for all, or one for each in the order of the models")
    }
    return given
  }

  /// Says what became of the options that are none of the merge's.
  private mutating func noteRest() {
    if let output { note("the output is not part of a spec: braid merge SPEC -o \(output)") }
    var told: [String] = []
    for option in leftOver {
      if let same = Self.otherSwitches[option] ?? Self.otherValued[option] ?? nil {
        note("\(option) is not part of the merge: its like is \(same)" + (same.hasPrefix("-") ? " of braid merge" : ""))
      } else if !told.contains(option) {
        told.append(option)
      }
    }
    if !told.isEmpty { note("without a counterpart, and left out: \(told.joined(separator: ", "))") }
  }

  private var position: SourcePosition { SourcePosition(line: command.line, column: 1) }

  private mutating func note(_ message: String, hint: String? = nil) {
    notes.append(Diagnostic(.note, file: file, at: position, message, hint: hint))
  }

  private mutating func error(_ message: String, hint: String? = nil) {
    errors.append(Diagnostic(.error, file: file, at: position, message, hint: hint))
  }
}
