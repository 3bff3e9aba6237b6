internal import Documents

/// One line of a samples file: what a model answered to a prompt, and how the metrics judge it.
///
/// The answers are the truth and the metrics follow from them: reading a line back gives the same answer to the last
/// bit, so that scores and comparisons can be made again without asking the model.
public struct SampleRecord: Hashable, Sendable {
  /// The model's name.
  public var model: String
  /// The prompt's task.
  public var task: String
  /// The prompt's id.
  public var id: String
  /// The answer.
  public var answer: Answer
  /// The metrics' values for this prompt alone, in the order of the catalogue.
  public var metrics: [SampleMetric]

  /// Judges an answer.
  ///
  /// - Parameter metrics: the metrics of the prompt's task; those of its kind of prompts if nil.
  public init(model: String, prompt: Prompt, answer: Answer, metrics: [any Metric]? = nil) {
    self.model = model
    task = prompt.task
    id = prompt.id
    self.answer = answer
    self.metrics = (metrics ?? MetricCatalog.metrics(for: prompt.kind)).compactMap { metric in
      metric.observe(answer, to: prompt).map {
        SampleMetric(name: metric.card.name, value: metric.value(ofSums: $0.terms))
      }
    }
  }

  /// The line, without its end.
  public var line: String {
    var members: [(key: String, value: JSONValue)] = [
      ("model", .string(model)), ("task", .string(task)), ("id", .string(id)),
    ]
    switch answer.content {
    case .choices(let values): members.append(("loglikelihoods", .array(values.map { .number($0) })))
    case .text(let value, let tokens, let bytes):
      members += [("loglikelihood", .number(value)), ("tokens", .integer(tokens)), ("bytes", .integer(bytes))]
    case .generation(let text): members.append(("generated", .string(text)))
    case .responses(let responses): members.append(("responses", .array(responses.map(\.json))))
    }
    for (key, flag) in Self.flags where answer[keyPath: flag] { members.append((key, .bool(true))) }
    members.append(("metrics", .object(metrics.map { ($0.name, .number($0.value)) })))
    return JSONValue.object(members).line
  }

  /// Reads a line; metrics that are not numbers are left out.
  public init(line: [UInt8]) throws(RecordError) {
    let node: JSONNode
    do {
      node = try JSONParser.parse(line)
    } catch {
      throw RecordError(message: "not a sample: \(error)")
    }
    guard let model = node["model"]?.string, let task = node["task"]?.string, let id = node["id"]?.string
    else { throw RecordError(message: "a sample needs the keys \"model\", \"task\" and \"id\"") }
    self.model = model
    self.task = task
    self.id = id
    if let values = node["loglikelihoods"]?.array {
      let numbers = values.compactMap(\.double)
      guard numbers.count == values.count else { throw RecordError(message: "a log-likelihood is not a number") }
      answer = Answer(.choices(numbers))
    } else if let value = node["loglikelihood"]?.double, let tokens = node["tokens"]?.int,
      let bytes = node["bytes"]?.int
    {
      answer = Answer(.text(logLikelihood: value, tokens: tokens, bytes: bytes))
    } else if let text = node["generated"]?.string {
      answer = Answer(.generation(text))
    } else if let nodes = node["responses"]?.array {
      let responses = nodes.compactMap(Answer.Response.init(json:))
      guard responses.count == nodes.count else { throw RecordError(message: "a response is neither text nor number") }
      answer = Answer(.responses(responses))
    } else {
      throw RecordError(
        message: "a sample needs \"loglikelihoods\", \"loglikelihood\" with \"tokens\" and \"bytes\", or \"generated\"")
    }
    for (key, flag) in Self.flags { answer[keyPath: flag] = node[key]?.bool ?? false }
    metrics = (node["metrics"]?.object ?? []).compactMap { member in
      member.node.double.map { SampleMetric(name: member.key, value: $0) }
    }
  }

  private static var flags: [(String, WritableKeyPath<Answer, Bool>)] {
    [("truncated", \.isTruncated), ("cut_off", \.isCutOff), ("reencoded", \.isReencoded)]
  }
}

extension Answer.Response {
  fileprivate var json: JSONValue {
    switch self {
    case .likelihood(let value, let isGreedy):
      .object([("loglikelihood", .number(value)), ("greedy", .bool(isGreedy))])
    case .text(let text): .string(text)
    }
  }

  fileprivate init?(json node: JSONNode) {
    if let text = node.string {
      self = .text(text)
    } else if let value = node["loglikelihood"]?.double, let isGreedy = node["greedy"]?.bool {
      self = .likelihood(value, isGreedy: isGreedy)
    } else {
      return nil
    }
  }
}

/// A metric's value for one prompt.
public struct SampleMetric: Hashable, Sendable {
  /// The metric's name.
  public var name: String
  /// The value.
  public var value: Double
}

/// A record that cannot be read back.
public struct RecordError: Error, Equatable, CustomStringConvertible {
  /// What was expected.
  public var message: String

  /// Makes an error.
  public init(message: String) { self.message = message }

  /// The error as one line.
  public var description: String { message }
}
