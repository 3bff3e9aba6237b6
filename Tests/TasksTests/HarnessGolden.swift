import BraidTesting
import Documents
import Evaluation
import Testing

import Tasks

/// What lm-evaluation-harness made of Fixtures/tasks; see Goldens/make_goldens.py.
struct HarnessGolden {
  /// A document of a task, for one filter pipeline.
  struct Sample {
    var document: Int
    var filter: String
    var requests: [JSONNode]?
    var responses: [JSONNode]
    var filtered: [String]?
    var target: String
    var hashes: [String]
    var metrics: [String: Double]
  }

  let node: JSONNode

  init(_ run: String) throws {
    let path = Fixture.packageRoot + "/Tests/TasksTests/Goldens/harness.json"
    node = try #require(try JSONParser.parse(Files.bytes(path))[run])
  }

  /// A value of the results, such as `acc_stderr,none`; nil for `N/A`.
  func result(_ task: String, _ key: String) -> Double? { node["results"]?[task]?[key]?.double }

  func contexts(_ task: String) -> [String] {
    node["tasks"]?[task]?["contexts"]?.array?.compactMap(\.string) ?? []
  }

  func samples(_ task: String) -> [Sample] {
    (node["tasks"]?[task]?["samples"]?.array ?? []).map { node in
      Sample(
        document: node["doc_id"]?.int ?? -1, filter: node["filter"]?.string ?? "", requests: node["requests"]?.array,
        responses: node["resps"]?.array ?? [], filtered: node["filtered"]?.array?.compactMap(\.string),
        target: node["target"]?.string ?? "", hashes: node["hashes"]?.array?.compactMap(\.string) ?? [],
        metrics: Dictionary(
          uniqueKeysWithValues: (node["metrics"]?.object ?? []).compactMap { member in
            member.node.double.map { (member.key, $0) }
          }))
    }
  }

  /// The recorded responses as a model's answer.
  static func answer(_ sample: Sample) -> Answer {
    Answer(
      .responses(
        sample.responses.map { node in
          if let text = node.string { return .text(text) }
          if let pair = node.array { return .likelihood(pair[0].double ?? .nan, isGreedy: pair[1].bool ?? false) }
          return .likelihood(node.double ?? .nan, isGreedy: false)
        }))
  }

  /// The fixture's tasks.
  static func suite(_ names: [String], options: TaskSuite.Options = .init()) throws -> TaskSuite {
    try TaskSuite(files: names.map { Fixture.path("tasks/\($0).yaml") }, options: options)
  }

  /// The recorded answers to all prompts of a suite.
  func answers(to suite: TaskSuite) -> [Answer] {
    suite.tasks.flatMap { task in
      let samples = samples(task.name)
      let filter = samples.first?.filter
      return samples.filter { $0.filter == filter }.map(Self.answer)
    }
  }
}
