import BraidTesting
import Documents
import Testing

/// What real servers answered, played back: the scores are those of the model on disk.
///
/// `Goldens/engine/record.py` tells how the recordings are made.
struct EngineRecordingTests {
  private let folder: TemporaryFolder
  private let base = Fixture.path("families/a/base")

  init() throws { folder = try TemporaryFolder() }

  /// A server that answers what was recorded, and nothing else.
  private func play(_ name: String) throws -> LocalServer {
    let path = Fixture.packageRoot + "/Tests/EndToEndTests/Goldens/engine/" + name
    var replies: [String: LocalServer.Reply] = [:]
    for line in try Files.text(path).split(separator: "\n") {
      let node = try JSONParser.parse(String(line))
      let key = (node["path"]?.string ?? "") + "\n" + (node["request"]?.string ?? "")
      replies[key] = .json(node["response"]?.string ?? "", status: node["status"]?.int ?? 0)
    }
    let recorded = replies
    return try LocalServer { request in
      recorded[request.path + "\n" + String(decoding: request.body, as: UTF8.self)]
        ?? .json(#"{"error": {"message": "nothing was recorded for this"}}"#, status: 400)
    }
  }

  private func samples(_ arguments: [String]) throws -> (lines: [JSONNode], run: BraidBinary.Result) {
    let run = try BraidBinary.run(
      ["eval", base, "--samples", folder("s.jsonl"), "--limit", "2"] + arguments, environment: ["NO_COLOR": "1"])
    #expect(run.status == 0, "\(run.errors)")
    return (try Files.text(folder("s.jsonl")).split(separator: "\n").map { try JSONParser.parse(String($0)) }, run)
  }

  private func compare(_ server: String, _ tasks: [String], remarks: [String]) throws {
    let prompts = ["--prompts"] + tasks.map { Fixture.path("families/a/prompts/\($0).heldout.jsonl") }
    let own = try samples(prompts).lines
    let server = try play(server)
    let served = try samples(prompts + ["--engine", server.address])
    #expect(own.count == 2 * tasks.count && served.lines.count == own.count)
    for (left, right) in zip(own, served.lines) {
      #expect(left["id"]?.string == right["id"]?.string)
      #expect(left["generated"]?.string == right["generated"]?.string)
      let (one, other) = (Self.numbers(left), Self.numbers(right))
      // Both compute in float32, in another order.
      #expect(one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-3 }, "\(one) \(other)")
    }
    for remark in remarks { #expect(served.run.errors.contains(remark), "\(served.run.errors)") }
    #expect(!served.run.errors.contains("warning"))
  }

  private static func numbers(_ sample: JSONNode) -> [Double] {
    sample["loglikelihoods"]?.array?.compactMap(\.double) ?? sample["loglikelihood"]?.double.map { [$0] } ?? []
  }

  @Test func `vLLM's answers give the scores of the model on disk`() throws {
    try compare("vllm.jsonl", ["sums", "facts", "text"], remarks: [])
  }

  @Test func `llama-cpp-python's answers do, for choices and generations`() throws {
    try compare("llama-cpp-python.jsonl", ["sums", "facts"], remarks: ["prompts are put as text"])
  }
}
