import Documents
import Evaluation
import Testing

@Suite struct HygieneTests {
  private func file(_ name: String, _ lines: [String]) -> PromptFile {
    PromptFile(name: name, bytes: Array(lines.joined(separator: "\n").utf8))
  }

  private func choice(_ id: String, _ query: String, _ choices: [String] = [" yes", " no"], gold: Int = 0) -> String {
    let members: [(key: String, value: JSONValue)] = [
      ("id", .string(id)), ("task", .string("t")), ("query", .string(query)),
      ("choices", .array(choices.map { .string($0) })), ("gold", .integer(gold)),
    ]
    return JSONValue.object(members).line
  }

  private static let river = "Which river runs through the old town of Heidelberg in the south west of Germany?"
  private static let lake = "How deep is the largest of the lakes that lie between Switzerland and its neighbours?"

  @Test func `duplicates are found within and between files, each as what it is`() throws {
    let check = try HygieneCheck(
      files: [
        file("search", [choice("a", Self.river), choice("b", Self.lake)]),
        file(
          "heldout",
          [
            choice("a", Self.river), choice("c", Self.lake.uppercased() + "!", gold: 1),
            choice("d", Self.river.replacing("old", with: "ancient")), choice("e", "What is the capital of France?"),
          ]),
      ], threshold: 0.6)
    let report = check.report()
    #expect(report.prompts == 6)
    #expect(report.duplicates.map(\.likeness) == [.exact, .normalized, .near])
    #expect(report.duplicates.map(\.second.id) == ["a", "c", "d"])
    #expect(report.duplicates.map(\.contradicts) == [false, true, false])
    #expect(report.duplicates[0].first.file == "search" && report.duplicates[0].second.file == "heldout")
    #expect(!report.isClean)
  }

  @Test func `what most prompts of a task share does not make them alike`() throws {
    let instruction = "Answer the following question with yes or no and nothing else, please, as briefly as you can.\n"
    let subjects = ["cats purr", "dogs bark", "fish swim", "birds fly", "ants dig", "bees dance"]
    let lines = subjects.enumerated().map { choice("\($0)", instruction + "Do \($1) when it rains outside at night?") }
    #expect(try HygieneCheck(files: [file("f", lines)]).report().isClean)
  }

  @Test func `a question among another prompt's examples is a leak, worse with its answer`() throws {
    let check = try HygieneCheck(files: [
      file(
        "f",
        [
          choice("a", Self.river, [" Neckar", " Rhine"]), choice("b", Self.lake, [" 252 m", " 1 m"]),
          choice("c", Self.river + " Neckar\n\n" + "Is the answer to this other question known to anybody at all?"),
          choice("d", Self.lake + "\n\n" + "Would you say that this is the right way to ask about lakes?"),
        ])
    ])
    let report = check.report()
    #expect(report.leaks.map(\.question.id) == ["a", "b"])
    #expect(report.leaks.map(\.shownBy.id) == ["c", "d"])
    #expect(report.leaks.map(\.showsAnswer) == [true, false])
    #expect(report.duplicates.isEmpty)
  }

  @Test func `prompts in a training text are counted as dirty`() throws {
    var check = try HygieneCheck(files: [
      file(
        "f",
        [
          choice("a", Self.river, ["x", "y"]), choice("b", Self.lake, ["x", "y"]),
          choice("c", "Too short", ["x", "y"]),
        ])
    ])
    check.scanTraining("Some text. which RIVER runs, through the old town of Heidelberg in", continuing: false)
    check.scanTraining("the south west of Germany is known.", continuing: true)
    check.scanTraining("How deep is the largest of", continuing: false)
    check.scanTraining("neighbours? Too short x", continuing: false)
    let samples = ["a", "b", "c"].map { id in
      Array(
        #"{"model":"m","task":"t","id":"\#(id)","loglikelihoods":[-1],"metrics":{"acc":\#(id == "a" ? 1 : 0)}}"#.utf8)
    }
    let report = check.report(samples: try samples.map { try SampleRecord(line: $0) })
    #expect(report.overlapCounts == [.init(file: "f", task: "t", all: 3, dirty: 1, mostlySeen: 1)])
    #expect(report.overlaps.map(\.place.id) == ["a"])
    #expect(report.overlaps[0].longestRun == 15)
    #expect(report.splitScores.map(\.clean) == [0] && report.splitScores.map(\.dirty) == [1])
    #expect(report.json.line.contains("\"training\""))
  }

  @Test func `a label that every model contradicts is told, unless they disagree`() throws {
    let check = try HygieneCheck(files: [
      file("f", [choice("a", Self.river), choice("b", Self.lake), choice("c", "Is it so?")])
    ])
    func sample(_ model: String, _ id: String, _ values: String) throws -> SampleRecord {
      try SampleRecord(
        line: Array(#"{"model":"\#(model)","task":"t","id":"\#(id)","loglikelihoods":[\#(values)]}"#.utf8))
    }
    let report = check.report(samples: [
      try sample("m", "a", "-5,-1"), try sample("n", "a", "-3,-2"), try sample("m", "b", "-5,-1"),
      try sample("n", "b", "-1,-2"), try sample("m", "c", "-5,-1"),
    ])
    #expect(report.contradictions.map(\.place.id) == ["a"])
    #expect(report.contradictions[0].answer == " no" && report.contradictions[0].models == 2)
    #expect(report.text.contains("all 2 models answer \" no\""))
  }

  @Test func `clean prompts are said to be clean`() throws {
    let report = try HygieneCheck(files: [file("f", [choice("a", Self.river), choice("b", Self.lake)])]).report()
    #expect(report.isClean)
    #expect(report.text == "2 prompts, nothing found\n")
  }
}
