import BraidTesting
import Documents
import Testing

/// `braid prompts check` and `braid eval --chat` as a user runs them.
struct PromptsCommandTests {
  private let folder: TemporaryFolder
  private let family = Fixture.path("families/a/")

  init() throws { folder = try TemporaryFolder() }

  private func braid(_ arguments: [String]) throws -> BraidBinary.Result {
    try BraidBinary.run(arguments, environment: ["NO_COLOR": "1"])
  }

  @Test func `prompts are checked, and findings fail only on request`() throws {
    let line = #""task": "t", "prompt": "Which of the rivers of the south is the longest one?", "target": "#
    try folder.write("a.jsonl", #"{"id": "1", \#(line)"A"}"# + "\n")
    try folder.write("b.jsonl", #"{"id": "1", \#(line)"B"}"# + "\n")
    try folder.write("t.txt", "Nobody knows which of the rivers\nof the south is the longest one.\n")
    let files = [folder("a.jsonl"), folder("b.jsonl")]
    let result = try braid(["prompts", "check"] + files + ["--against", folder("t.txt"), "--json"])
    #expect(result.status == 0, "\(result.errors)")
    let report = try JSONParser.parse(result.output)
    #expect(report["duplicates"]?.array?.first?["contradicts"]?.bool == true)
    #expect(report["training"]?["tasks"]?.array?.compactMap { $0["dirty"]?.int } == [1, 1])
    let strict = try braid(["prompts", "check", "--strict"] + files)
    #expect(strict.status == 1 && strict.output.contains("exact duplicates: 1"))
    #expect(try braid(["prompts", "check", folder("missing.jsonl")]).status == 2)
  }

  @Test func `eval puts prompts by the model's chat template`() throws {
    let arguments =
      ["eval", family + "base", "--json", "--quiet", "--limit", "4", "--prompts"] + [
        family + "prompts/facts.heldout.jsonl"
      ]
    let plain = try braid(arguments)
    let chat = try braid(arguments + ["--chat", "--system", "Be right."])
    #expect(chat.status == 0, "\(chat.errors)")
    let record = try JSONParser.parse(chat.output)
    #expect(record["models"]?.array?.first?["chat_template"]?.string?.count == 16)
    #expect(record["options"]?.array?.compactMap(\.string) == ["--chat", "--system Be right."])
    #expect(try JSONParser.parse(plain.output)["models"]?.array?.first?["chat_template"] == nil)
    #expect(try braid(arguments + ["--system", "S"]).status == 2)
  }
}
