internal import Datasets
internal import Documents

/// Decodes a task's mapping, and collects all that is wrong with it.
struct TaskDecoder {
  private(set) var faults: [Diagnostic] = []
  private var task: TaskConfiguration
  private let root: TaskNode
  /// The hook that the task asks for by name.
  private var namedHook: Hook?

  /// The configuration of a task.
  ///
  /// - Throws: everything that is wrong with the file.
  static func decode(_ root: TaskNode) throws(TaskError) -> TaskConfiguration {
    var decoder = TaskDecoder(root)
    decoder.decode()
    guard decoder.faults.isEmpty else { throw TaskError(Diagnostic.sorted(decoder.faults)) }
    return decoder.task
  }

  private init(_ root: TaskNode) {
    self.root = root
    task = TaskConfiguration(dataPlace: root.place, place: root.place)
  }

  private mutating func fault(_ place: TaskPlace, _ message: String, hint: String? = nil) {
    faults.append(Diagnostic(.error, file: place.file, at: place.position, message, hint: hint))
  }

  // MARK: Keys

  /// Reports a missing key, unless a misspelt one explains it.
  private mutating func missing(_ key: String, _ message: String) {
    let misspelt = (root.entries ?? []).contains { entry in
      !TaskKeys.known.contains(entry.key) && NearestName.of(entry.key, in: TaskKeys.known) == key
    }
    if !misspelt { fault(root.place, message) }
  }

  private mutating func decode() {
    for entry in root.entries ?? [] {
      if let reason = TaskKeys.refused[entry.key] {
        if !entry.value.isNull {
          fault(entry.place, "\"\(entry.key)\" cannot be honoured: \(reason)")
        }
      } else if !TaskKeys.known.contains(entry.key) {
        fault(entry.place, "unknown key \"\(entry.key)\"", hint: Self.hint(entry.key, TaskKeys.known, "a task"))
      }
    }
    task.name = text("task") ?? ""
    if root["task"]?.text == nil, root["task"]?.list == nil {
      fault(root.place, "a task needs the key \"task\", its name")
    }
    task.alias = text("task_alias")
    task.tags = texts(root["tag"]) ?? []
    task.version = root["metadata"]?["version"]?.data
    task.dump = (root.entries ?? []).map { DataField($0.key, $0.value.data) }
    output()
    splits()
    hooks()
    fields()
    fewShots()
    generation()
    metrics()
    filters()
    limits()
  }

  static func hint(_ key: String, _ valid: [String], _ what: String) -> String {
    NearestName.of(key, in: valid).map { "did you mean \"\($0)\"?" } ?? "the keys of \(what) are: "
      + valid.joined(separator: ", ")
  }

  private mutating func text(_ key: String, in node: TaskNode? = nil) -> String? {
    guard let value = (node ?? root)[key], !value.isNull else { return nil }
    switch value.value {
    case .text(let text): return text
    case .integer(let number): return String(number)
    default:
      if !(key == "task" && value.list != nil) {
        fault(value.place, "\"\(key)\" must be a text, found \(value.kind)", hint: pythonHint(value))
      }
      return nil
    }
  }

  private func pythonHint(_ value: TaskNode) -> String? {
    value.function == nil ? nil : Hook.advice(task: task.name)
  }

  private func texts(_ node: TaskNode?) -> [String]? {
    guard let node, !node.isNull else { return nil }
    return node.text.map { [$0] } ?? node.list?.compactMap(\.text)
  }

  private mutating func output() {
    guard let name = text("output_type") else { return }
    guard let type = TaskConfiguration.OutputType(rawValue: name) else {
      let valid = TaskConfiguration.OutputType.allCases.map(\.rawValue)
      fault(
        root["output_type"]?.place ?? root.place, "unknown output_type \"\(name)\"",
        hint: NearestName.of(name, in: valid).map { "did you mean \"\($0)\"?" }
          ?? "it is one of \(valid.joined(separator: ", "))")
      return
    }
    task.outputType = type
  }

  // MARK: Data

  private mutating func splits() {
    task.trainingSplit = text("training_split")
    task.validationSplit = text("validation_split")
    task.testSplit = text("test_split")
    if task.evaluatedSplit == nil {
      fault(root.place, "a task needs \"test_split\" or \"validation_split\", the documents to evaluate")
    }
    guard let path = text("dataset_path") else {
      if root["dataset_path"] == nil { missing("dataset_path", "a task needs the key \"dataset_path\"") }
      return
    }
    var request = DatasetRequest(path: path, name: text("dataset_name"))
    if let arguments = root["dataset_kwargs"], !arguments.isNull {
      for entry in arguments.entries ?? [] where !TaskKeys.dataset.contains(entry.key) {
        fault(
          entry.place, "unknown key \"\(entry.key)\" in dataset_kwargs",
          hint: Self.hint(entry.key, TaskKeys.dataset, "dataset_kwargs"))
      }
      request.folder = text("data_dir", in: arguments)
      request.reading.field = text("field", in: arguments)
      request.reading.separator = text("sep", in: arguments) ?? text("delimiter", in: arguments)
      request.reading.columnNames = texts(arguments["column_names"])
      request.reading.replacesHeader = arguments["header"]?.integer == 0
      if let files = arguments["data_files"] { request.files = dataFiles(files) }
    }
    task.dataset = request
    task.dataPlace = root["dataset_path"]?.place ?? root.place
  }

  private mutating func dataFiles(_ node: TaskNode) -> [DatasetRequest.Files] {
    if let paths = texts(node) { return [.init(split: nil, paths: paths)] }
    guard let entries = node.entries else {
      fault(node.place, "data_files is a path, a list of paths, or a mapping of splits to paths; found \(node.kind)")
      return []
    }
    return entries.compactMap { entry in
      guard let paths = texts(entry.value) else {
        fault(entry.value.place, "the files of a split are a path or a list of paths, found \(entry.value.kind)")
        return nil
      }
      return .init(split: entry.key, paths: paths)
    }
  }

  private mutating func hooks() {
    if let named = text("braid_hook") {
      guard let hook = Hook.all.first(where: { $0.name == named }) else {
        let valid = Hook.all.map(\.name)
        fault(
          root["braid_hook"]?.place ?? root.place, "there is no hook \"\(named)\"",
          hint: NearestName.of(named, in: valid).map { "did you mean \"\($0)\"?" }
            ?? "the hooks are: \(valid.joined(separator: ", "))")
        return
      }
      namedHook = hook
      task.documentHook = hook.processesDocuments ? hook : nil
      task.resultHook = hook.judgesResults ? hook : nil
    }
    if let node = root["process_docs"], !node.isNull {
      task.documentHook = hook(node, "process_docs", \.processesDocuments)
    }
    if let node = root["process_results"], !node.isNull {
      task.resultHook = hook(node, "process_results", \.judgesResults)
    }
  }

  /// The built-in hook that stands in for a Python function of a task.
  private mutating func hook(_ node: TaskNode, _ key: String, _ can: (Hook) -> Bool) -> Hook? {
    guard let function = node.function else {
      fault(node.place, "\"\(key)\" names a function, found \(node.kind)")
      return nil
    }
    if let hook = namedHook ?? Hook.standing(for: function, of: task.name, key: key), can(hook) { return hook }
    fault(
      node.place, "\"\(key)\" is the Python function \(function), and Python is never run",
      hint: Hook.advice(task: task.name))
    return nil
  }

  // MARK: Texts

  private mutating func fields() {
    task.text = field("doc_to_text", in: root)
    task.target = field("doc_to_target", in: root)
    task.choice = field("doc_to_choice", in: root)
    task.prefix = field("gen_prefix", in: root)
    task.description = field("description", in: root)
    task.targetDelimiter = text("target_delimiter") ?? task.targetDelimiter
    task.fewShotDelimiter = text("fewshot_delimiter") ?? task.fewShotDelimiter
    if task.target == nil, root["doc_to_target"] == nil, namedHook == nil {
      missing("doc_to_target", "a task needs the key \"doc_to_target\"")
    }
    if task.outputType != .rolling, task.text == nil, root["doc_to_text"] == nil {
      missing("doc_to_text", "a task needs the key \"doc_to_text\"")
    }
    if task.outputType == .multipleChoice, task.choice == nil, root["doc_to_choice"] == nil {
      missing("doc_to_choice", "a multiple_choice task needs the key \"doc_to_choice\"")
    }
  }

  private mutating func field(_ key: String, in node: TaskNode) -> TaskConfiguration.Field? {
    guard let value = node[key], !value.isNull else {
      // What the task does not say, its hook does.
      guard let hook = namedHook, hook.writes(key), node[key] == nil, node.place == root.place else { return nil }
      return .hook(hook, root.place)
    }
    switch value.value {
    case .text(let text): return .text(text, value.place)
    case .integer(let number): return .integer(number)
    case .list(let elements): return .list(elements.map(\.data))
    case .map(let entries) where key == "doc_to_choice": return .list(entries.map(\.value.data))
    case .function(let function):
      if let hook = namedHook ?? Hook.standing(for: function, of: task.name, key: key), hook.writes(key) {
        return .hook(hook, value.place)
      }
      fault(
        value.place, "\"\(key)\" is the Python function \(function), and Python is never run",
        hint: Hook.advice(task: task.name))
      return nil
    default:
      fault(value.place, "\"\(key)\" is a column, a template or a list, found \(value.kind)")
      return nil
    }
  }

  private mutating func fewShots() {
    if let count = root["num_fewshot"], !count.isNull {
      if let number = count.integer, (0...10_000).contains(number) {
        task.fewShotCount = number
      } else {
        fault(count.place, "\"num_fewshot\" must be a count of examples, found \(count.kind)")
      }
    }
    task.fewShot.split = text("fewshot_split")
    guard let node = root["fewshot_config"], !node.isNull else { return }
    for entry in node.entries ?? [] where !TaskKeys.fewShot.contains(entry.key) {
      fault(
        entry.place, "unknown key \"\(entry.key)\" in fewshot_config",
        hint: Self.hint(entry.key, TaskKeys.fewShot, "fewshot_config"))
    }
    if let sampler = node["sampler"], !sampler.isNull {
      switch sampler.text {
      case "default": break
      case "first_n": task.fewShot.firstN = true
      default:
        fault(sampler.place, "there is no sampler \(sampler.kind)", hint: "the samplers are: default, first_n")
      }
    }
    if let process = node["process_docs"], !process.isNull { _ = hook(process, "process_docs", \.processesDocuments) }
    task.fewShot.split = text("split", in: node) ?? task.fewShot.split
    if let samples = node["samples"], !samples.isNull {
      if let list = samples.list {
        task.fewShot.samples = list.map(\.data)
      } else {
        fault(
          samples.place, "\"samples\" is a list of documents, found \(samples.kind)", hint: pythonHint(samples))
      }
    }
    task.fewShot.indices = node["fewshot_indices"]?.list?.compactMap(\.integer)
    task.fewShot.text = field("doc_to_text", in: node)
    task.fewShot.target = field("doc_to_target", in: node)
    task.fewShot.choice = field("doc_to_choice", in: node)
    task.fewShot.prefix = field("gen_prefix", in: node)
    task.fewShot.targetDelimiter = text("target_delimiter", in: node)
    task.fewShot.delimiter = text("fewshot_delimiter", in: node)
  }

  // MARK: Answers

  private mutating func generation() {
    guard let node = root["generation_kwargs"], !node.isNull else { return }
    for entry in node.entries ?? [] where !TaskKeys.generation.contains(entry.key) {
      fault(
        entry.place, "unknown key \"\(entry.key)\" in generation_kwargs",
        hint: Self.hint(entry.key, TaskKeys.generation, "generation_kwargs"))
    }
    if let until = node["until"], !until.isNull {
      task.until = texts(until)
      if task.until == nil { fault(until.place, "\"until\" is a text or a list of texts, found \(until.kind)") }
    }
    let samples = node["do_sample"]?.bool ?? ((node["temperature"]?.number ?? 0) > 0)
    if samples, (node["temperature"]?.number ?? 1) > 0 {
      fault(
        (node["do_sample"] ?? node["temperature"] ?? node).place,
        "the task samples its generations, and Braid generates greedily",
        hint: "write do_sample: false for the greedy generation")
    }
    for key in ["max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"] {
      guard task.maximumNewTokens == nil, let limit = node[key], !limit.isNull else { continue }
      if let number = limit.integer, number > 0 {
        task.maximumNewTokens = number
      } else {
        fault(limit.place, "\"\(key)\" must be a count of tokens, found \(limit.kind)")
      }
    }
  }

  private mutating func metrics() {
    guard let node = root["metric_list"], !node.isNull else { return }
    guard let list = node.list else {
      fault(node.place, "\"metric_list\" must be a list, found \(node.kind)")
      return
    }
    var requests: [TaskConfiguration.MetricRequest] = []
    for item in list {
      guard let metric = item["metric"], let name = metric.text else {
        let found = item["metric"]
        fault(
          (found ?? item).place,
          found.map { "the metric is \($0.kind), and only metrics by name are known" }
            ?? "a metric needs the key \"metric\"",
          hint: found.flatMap(pythonHint))
        continue
      }
      if let aggregation = item["aggregation"], aggregation.function != nil, task.resultHook == nil {
        fault(aggregation.place, "the aggregation is \(aggregation.kind)", hint: Hook.advice(task: task.name))
      }
      requests.append(
        .init(
          name: name, aggregation: item["aggregation"]?.text, higherIsBetter: item["higher_is_better"]?.bool,
          options: (item.entries ?? []).filter {
            !["metric", "aggregation", "higher_is_better", "hf_evaluate"].contains($0.key)
          }, place: metric.place))
    }
    task.metrics = requests
  }

  private mutating func filters() {
    guard let node = root["filter_list"], !node.isNull else { return }
    var pipelines: [TaskConfiguration.Pipeline] = []
    for item in node.list ?? [] {
      guard let name = item["name"]?.text, let steps = item["filter"]?.list else {
        fault(item.place, "a filter pipeline needs the keys \"name\" and \"filter\"")
        continue
      }
      pipelines.append(.init(name: name, steps: steps))
    }
    task.pipelines = pipelines
  }

  private mutating func limits() {
    if let repeats = root["repeats"], let count = repeats.integer, count > 1 {
      fault(
        repeats.place, "the task asks \(count) times for every answer, and greedy answers are all the same",
        hint: "write repeats: 1")
    }
    if root["unsafe_code"]?.bool ?? false {
      fault(root["unsafe_code"]?.place ?? root.place, "the task runs what the model writes, which Braid does not do")
    }
  }
}
