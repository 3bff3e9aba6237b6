import ArgumentParser
import Documents
import Foundation
import Merging

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Look at models, ask a few questions and write a merge spec to go on from.",
    discussion: """
      Headers and a few elements of each model are read: which is the base, how far apart they lie, which method suits \
      them. An empty answer takes what is suggested, and --yes does so for all questions. Answers may also come from a \
      file or a pipe, a line each.
      """)

  @Argument(help: ArgumentHelp("The models, two or more.", valueName: "model")) var models: [String] = []
  @Option(name: .shortAndLong, help: "The spec to write.") var output = "merge.yml"
  @Flag(name: .shortAndLong, help: "Ask nothing and take what is suggested.") var yes = false
  @Flag(help: "Replace the spec if there is one.") var force = false

  func run() throws {
    if !force, FileManager.default.fileExists(atPath: output) {
      throw Failure(code: 2, message: "error: \(output) is there already\n  --force replaces it")
    }
    var models = models
    if models.isEmpty, !yes {
      let answer = try ask(DraftQuestion(text: "Which models? Paths or org/name, parted by blanks.", fallback: ""))
      models = answer.split(separator: " ").map(String.init)
    }
    let arguments = models
    let survey = try Failure.ofRequest { try ModelSurvey.open(arguments, absolute: pathForSpec) }
    if let fault = survey.fault { throw Failure(code: 2, message: "error: \(fault)") }
    let draft = yes ? SpecDraft(survey) : try SpecDraft.asking(about: survey, ask)
    try SpecTextFile.write(draft.text(file: output), to: output)
    let check = try SpecCheck.check(output)
    SpecTextFile.note(check.diagnostics, text: check.text)
    print("\(output): \(draft.method) of \(survey.models.count) models, because \(draft.reason)")
    if check.hasErrors { throw Failure(code: 1, message: "") }
  }

  /// Relative paths in a spec start from the spec's folder.
  private func pathForSpec(_ path: String) -> String {
    let folder = URL(fileURLWithPath: output).deletingLastPathComponent().standardizedFileURL.path
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL.path
    if path.hasPrefix("/") || path.hasPrefix("~") { return path }
    // A path without a slash could be taken for a name.
    if folder == here { return path.contains("/") ? path : "./" + path }
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }

  private func ask(_ question: DraftQuestion) throws -> String {
    if let complaint = question.complaint { Terminal.note("  " + complaint) }
    Terminal.write(question.text + (question.fallback.isEmpty ? "\n> " : "\n[\(question.fallback)] > "))
    guard let line = readLine() else {
      let isTerminal = isatty(STDIN_FILENO) == 1
      throw Failure(
        code: 2,
        message: "\nerror: braid init asks questions, and the answers ended"
          + (isTerminal ? "" : "; standard input is no terminal") + "\n  --yes takes what is suggested")
    }
    return line.trimmingCharacters(in: .whitespaces)
  }
}
