internal import Documents

/// The embedding prompts of some files, and the tasks they form, each of one kind.
public struct EmbeddingPromptSet: Hashable, Sendable {
  /// The tasks with their prompts, in the order in which the files first name them.
  public let tasks: [Task]

  /// A task and its prompts.
  public struct Task: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The prompts, in the order of the files.
    public var prompts: [EmbeddingPrompt]
  }

  /// Whether a file's first line is an embedding prompt, rather than one for a language model.
  public static func recognizes(_ file: PromptFile) -> Bool {
    guard let line = file.lines.first, let node = try? JSONParser.parse(line.bytes) else { return false }
    return EmbeddingPrompt.Kind.allCases.contains { node[$0.mark] != nil }
  }

  /// Reads prompt files.
  ///
  /// - Parameter limit: takes only so many prompts of each task, the first ones; every line is checked all the same.
  /// - Throws: a ``PromptError`` with everything that is wrong with the files.
  public init(files: [PromptFile], limit: Int? = nil) throws(PromptError) {
    var faults: [PromptError.Fault] = []
    var tasks: [Task] = []
    var names: Set<String> = []
    for file in files {
      for (number, bytes) in file.lines {
        func report(_ message: String, hint: String? = nil) {
          let place = SourcePosition(line: number, column: 1)
          faults.append(
            .init(
              Diagnostic(.error, file: file.name, at: place, message, hint: hint),
              line: String(decoding: bytes, as: UTF8.self)))
        }
        do throws(LineFault) {
          let prompt = try Self.prompt(bytes)
          guard names.insert(prompt.task + "\u{0}" + prompt.id).inserted else {
            throw LineFault(message: "the id \"\(prompt.id)\" is already taken in the task \"\(prompt.task)\"")
          }
          if let place = tasks.firstIndex(where: { $0.name == prompt.task }) {
            guard tasks[place].prompts[0].content.kind == prompt.content.kind else {
              throw LineFault(message: "the task \"\(prompt.task)\" has prompts of another kind")
            }
            if tasks[place].prompts.count < limit ?? .max { tasks[place].prompts.append(prompt) }
          } else {
            tasks.append(Task(name: prompt.task, prompts: [prompt]))
          }
        } catch {
          report(error.message, hint: error.hint)
        }
      }
    }
    guard faults.isEmpty else { throw PromptError(faults: faults) }
    self.tasks = tasks
  }

  private struct LineFault: Error {
    var message: String
    var hint: String?
  }

  private static func prompt(_ bytes: [UInt8]) throws(LineFault) -> EmbeddingPrompt {
    let node: JSONNode
    do {
      node = try JSONParser.parse(bytes, refusingDuplicateKeys: true)
    } catch {
      throw LineFault(message: "the line is not valid JSON: \(error.message)")
    }
    let patterns = "a line is one of " + EmbeddingPrompt.Kind.allCases.map(\.pattern).joined(separator: ", ")
    guard let kind = EmbeddingPrompt.Kind.allCases.first(where: { node[$0.mark] != nil }) else {
      throw LineFault(message: "none of the keys says what kind of prompt this is", hint: patterns)
    }
    let valid = ["id", "task"] + kind.keys
    for member in node.object ?? [] where !valid.contains(member.key) {
      throw LineFault(
        message: "unknown key \"\(member.key)\"",
        hint: NearestName.of(member.key, in: valid).map { "did you mean \"\($0)\"?" }
          ?? "such a line is \(kind.pattern)")
    }
    for key in valid where node[key] == nil && !kind.optionalKeys.contains(key) {
      throw LineFault(message: "the key \"\(key)\" is missing", hint: "such a line is \(kind.pattern)")
    }
    func text(_ key: String) throws(LineFault) -> String {
      guard let text = node[key]?.string ?? (key == "id" ? node[key]?.int.map(String.init) : nil), !text.isEmpty else {
        throw LineFault(message: "\"\(key)\" must be a text that is not empty")
      }
      return text
    }
    func texts(_ key: String) throws(LineFault) -> [String] {
      guard let value = node[key] else { return [] }
      let texts = value.array?.compactMap(\.string) ?? []
      guard let elements = value.array, texts.count == elements.count, !texts.contains("") else {
        throw LineFault(message: "\"\(key)\" must be an array of texts that are not empty")
      }
      return texts
    }
    let content: EmbeddingPrompt.Content
    switch kind {
    case .similarity:
      guard let score = node["score"]?.double else { throw LineFault(message: "\"score\" must be a number") }
      content = .similarity(try text("text_a"), try text("text_b"), score: score)
    case .retrieval:
      let positives = try texts("positives")
      guard !positives.isEmpty else { throw LineFault(message: "\"positives\" needs at least one document") }
      content = .retrieval(query: try text("query"), positives: positives, negatives: try texts("negatives"))
    case .pair:
      content = .pair(anchor: try text("anchor"), positive: try text("positive"), negative: try text("negative"))
    }
    return EmbeddingPrompt(id: try text("id"), task: try text("task"), content: content)
  }
}
