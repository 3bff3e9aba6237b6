import BraidTesting
import Datasets
import Documents
import Evaluation
import Tasks
import Testing

/// The hooks do what the Python functions did; see Goldens/make_hooks.py.
@Suite struct `Built-in hooks` {
  private static func cases() throws -> [JSONNode] {
    let path = Fixture.packageRoot + "/Tests/TasksTests/Goldens/hooks.json"
    return try #require(try JSONParser.parse(Files.bytes(path)).array)
  }

  @Test func `documents, texts and scores are those of the Python functions`() throws {
    var names: Set<String> = []
    for (index, node) in try Self.cases().enumerated() {
      let task = try #require(node["task"]?.string)
      let key = try #require(node["key"]?.string)
      let function = try #require(node["function"]?.string)
      let hook = try #require(Hook.standing(for: function, of: task, key: key), "\(task) \(function)")
      names.insert(hook.name)
      let expected = try #require(node["result"])
      if let documents = node["documents"]?.array {
        let rows = documents.map { DataValue($0) }
        #expect(.list(hook.documents(rows)) == DataValue(expected), "\(index) \(task)")
        #expect(.list(hook.examples(rows)) == DataValue(try #require(node["examples"])), "\(index) \(task)")
        continue
      }
      let document = DataValue(try #require(node["document"]))
      switch key {
      case "process_docs": #expect(.list(hook.documents([document])) == DataValue(expected), "\(index) \(task)")
      case "process_results":
        let responses = try #require(node["responses"]?.array).map { node -> Answer.Response in
          if let text = node.string { return .text(text) }
          return .likelihood(node.array?[0].double ?? .nan, isGreedy: node.array?[1].bool ?? false)
        }
        let judge = try #require(hook.judge)
        let scores = judge(responses, document)
        for member in expected.object ?? [] {
          let value = try #require(scores[member.key], "\(task) \(member.key)")
          #expect(abs(value - (member.node.double ?? .nan)) < 1e-12, "\(index) \(task) \(member.key)")
        }
      default: #expect(hook.value(key, document) == DataValue(expected), "\(index) \(task) \(key)")
      }
    }
    #expect(names.union(["squad_f1"]) == Set(Hook.all.map(\.name)))
  }

  @Test func `hooks stand in alphabetical order and only for tasks of their name`() {
    #expect(Hook.all.map(\.name) == Hook.all.map(\.name).sorted())
    #expect(Hook.standing(for: "utils.process_docs", of: "my_own", key: "process_docs") == nil)
    #expect(Hook.standing(for: "utils.other", of: "hellaswag", key: "process_docs") == nil)
  }
}
