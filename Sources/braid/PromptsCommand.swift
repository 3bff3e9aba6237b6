import ArgumentParser
import Batches
import Documents
import Evaluation

struct PromptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prompts", abstract: "Check held-out prompts before their scores are believed.",
    subcommands: [PromptsCheckCommand.self])
}

struct PromptsCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find duplicates, prompts that were trained on, examples that give answers away, and wrong labels.",
    discussion: """
      Prompts are compared within and between files, so name the files for choosing and for reporting together. What \
      most prompts of a task have in common, such as instructions, does not count. The exit code is 0 whatever is \
      found, and 1 with --strict if anything is.
      """)

  @Argument(help: ArgumentHelp("Files of prompts, as for braid eval.", valueName: "file")) var files: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Training text to look for the prompts in: JSON lines (.jsonl, every text in them) or plain text. A prompt is "
        + "dirty if 13 of its words stand there in a row.", valueName: "file"))
  var against: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "What strong models answered, as braid eval --samples writes it: labels that all of them contradict are told, "
        + "and with --against their scores on clean and dirty prompts.", valueName: "file"))
  var samples: [String] = []

  @Option(
    help: ArgumentHelp(
      "From which share of word triples in common two prompts are near duplicates.", valueName: "share"))
  var similarity = HygieneCheck.standardThreshold

  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Exit with 1 if anything was found.") var strict = false

  func validate() throws {
    guard similarity > 0, similarity <= 1 else {
      throw ValidationError("--similarity must be above 0 and at most 1, not \(similarity)")
    }
  }

  func run() throws {
    let report = try Failure.ofRequest {
      var check = try HygieneFiles.check(files, threshold: similarity)
      for path in against { try HygieneFiles.scan(path, into: &check) }
      return check.report(samples: try HygieneFiles.samples(samples))
    }
    print(json ? report.json.pretty : report.text, terminator: "")
    if strict, !report.isClean { throw Failure(code: 1, message: "") }
  }
}
