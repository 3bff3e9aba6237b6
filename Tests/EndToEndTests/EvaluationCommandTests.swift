import BraidTesting
import Documents
import Testing

/// `braid eval`, `braid batch` and `braid report` as a user runs them, on a few prompts of the family.
struct EvaluationCommandTests {
  private let folder: TemporaryFolder
  private let family = Fixture.path("families/a/")

  init() throws {
    folder = try TemporaryFolder()
    for (name, weight) in [("half", 0.5), ("third", 0.33)] {
      try folder.write(
        "specs/\(name).yml",
        """
        merge_method: linear
        models:
          - model: \(family)base
            parameters: {weight: \(1 - weight)}
          - model: \(family)expert-sums
            parameters: {weight: \(weight)}
        dtype: float32
        """)
    }
  }

  private func braid(_ arguments: [String]) throws -> BraidBinary.Result {
    try BraidBinary.run(arguments, environment: ["NO_COLOR": "1"])
  }

  private var prompts: [String] {
    ["--prompts"] + ["sums", "facts", "text"].map { family + "prompts/\($0).heldout.jsonl" } + ["--limit", "8"]
  }

  @Test func `eval scores checkpoints and specs, and prints JSON`() throws {
    let result = try braid(
      ["eval", family + "base", folder("specs/half.yml"), "--json", "--samples", folder("s.jsonl")] + prompts)
    #expect(result.status == 0, "\(result.errors)")
    let record = try JSONParser.parse(result.output)
    let models = try #require(record["models"]?.array)
    #expect(models.map { $0["model"]?.string } == ["base", "half"])
    #expect(models[0]["tasks"]?.object?.map(\.key) == ["sums", "facts", "text"])
    #expect(models[1]["tasks"]?["facts"]?["acc_norm"]?["n"]?.int == 8)
    let lines = try Files.text(folder("s.jsonl")).split(separator: "\n")
    #expect(lines.count == 48)
    #expect(lines[47].hasPrefix(#"{"model": "half", "task": "text", "id": "text-heldout-007", "loglikelihood": -"#))
  }

  @Test func `a spec in memory has the answers of its written checkpoint`() throws {
    let written = try braid(["batch", folder("specs/half.yml"), "-o", folder("a"), "--quiet"] + prompts)
    #expect(written.status == 0 && written.errors.isEmpty, "\(written.errors)")
    let memory = try braid(["batch", folder("specs/half.yml"), "-o", folder("b"), "--in-memory", "--quiet"] + prompts)
    #expect(memory.status == 0, "\(memory.errors)")
    #expect(try Files.text(folder("a/samples.jsonl")) == Files.text(folder("b/samples.jsonl")))
    #expect(Files.exists(folder("a/half/model/model.safetensors")) && !Files.exists(folder("b/half/model")))
  }

  @Test func `a cache is asked first, grows by what is new, and is never shared by two merges`() throws {
    func lines() throws -> [Int] {
      try Files.list(folder("cache")).map { name in
        try Files.text(folder("cache/\(name)")).split(separator: "\n").count
      }.sorted()
    }
    func eval(_ model: String, limit: Int) throws -> BraidBinary.Result {
      let file = family + "prompts/sums.heldout.jsonl"
      let run = try braid(
        ["eval", model, "--json", "--cache", folder("cache"), "--prompts", file, "--limit", "\(limit)"])
      #expect(run.status == 0, "\(run.errors)")
      return run
    }
    let first = try eval(folder("specs/half.yml"), limit: 5)
    #expect(try lines() == [5] && first.errors.contains("half: computed "))
    let again = try eval(folder("specs/half.yml"), limit: 5)
    #expect(again.output == first.output && again.errors.contains("half: all answers were known"))
    let more = try eval(folder("specs/half.yml"), limit: 8)
    #expect(try lines() == [8] && more.errors.contains("half: computed "))
    // Another merge of the same models has answers of its own; the same merge on disk has the same weights.
    _ = try eval(folder("specs/third.yml"), limit: 5)
    #expect(try lines() == [5, 8])
    #expect(try braid(["merge", folder("specs/half.yml"), "-o", folder("half"), "--quiet"]).status == 0)
    let fromDisk = try eval(folder("half"), limit: 8)
    #expect(try lines() == [5, 8] && fromDisk.errors.contains("half: all answers were known"))
  }

  @Test func `a batch goes on where it stopped, and a report shows it again`() throws {
    let arguments =
      [
        "batch", folder("specs/half.yml"), folder("specs/third.yml"), "-o", folder("runs"), "--against",
        family + "base",
      ]
      + prompts
    let first = try braid(arguments)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("vs base"))
    for name in ["leaderboard.md", "leaderboard.csv", "leaderboard.json", "samples.jsonl", "third/scores.json"] {
      #expect(Files.exists(folder("runs/" + name)))
    }
    try folder.write("specs/third.yml", Files.text(folder("specs/third.yml")) + "\n# changed\n")
    let second = try braid(arguments)
    #expect(second.output == first.output)
    #expect(
      second.errors.split(separator: "\n").filter { $0.contains("nothing has changed") }.map(String.init) == [
        "base: nothing has changed, taken from the last run", "half: nothing has changed, taken from the last run",
      ])
    let report = try braid(["report", folder("runs"), "--format", "csv"])
    #expect(report.output == (try Files.text(folder("runs/leaderboard.csv"))))
    #expect(try braid(["report", folder("runs")]).output.hasPrefix(first.output.prefix(200)))
  }

  @Test func `a broken spec is reported with its place, and the others are done`() throws {
    try folder.write("specs/broken.yml", "merge_method: linnear\nmodels: []\n")
    let result = try braid(
      ["batch", folder("specs/broken.yml"), folder("specs/half.yml"), "-o", folder("runs"), "--in-memory"] + prompts)
    #expect(result.status == 1)
    #expect(result.errors.contains("specs/broken.yml:1:15: error: "))
    #expect(result.errors.contains("did you mean"))
    #expect(result.output.contains("half") && result.output.contains("failed: broken: "))
  }

  @Test func `wrong requests end with 2 and say everything that is wrong`() throws {
    let result = try braid(["eval", family + "bas", folder("none.yml")] + prompts)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.contains("there is no such model") && result.errors.contains("did you mean"))
    #expect(result.errors.contains("none.yml"))
    #expect(try braid(["eval", family + "base"]).status == 2)
    #expect(try braid(["eval", family + "base", "--prompts", "x/*.jsonl"]).status == 2)
    #expect(try braid(["batch", family + "base", "-o", folder("r")] + prompts).status == 2)
    #expect(try braid(["batch", folder("specs/*.yml"), "-o", folder("r")] + prompts).status == 2)
    #expect(try braid(["report", folder("nothing")]).status == 2)
  }
}
