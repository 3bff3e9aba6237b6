public import ArgumentParser
import Documents
public import MergeSpecs

struct SpecConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Rewrite a merge spec of mergekit, or of an older form, as today's.",
    discussion: """
      A text with command lines of mergekit-legacy, or a configuration of bakllama, becomes a spec that asks for the \
      same merge. Each change is noted. \
      What mergekit passes over, such as a misspelt key, becomes a comment. The exit code is 2 if \
      the result still has errors; it is written all the same.
      """)

  @Argument(help: "The merge spec or configuration, a YAML file, or a text with command lines of mergekit-legacy.")
  var spec: String
  @Option(name: .shortAndLong, help: "Write the result to this file; otherwise it is printed.") var output: String?
  @Option(
    help: ArgumentHelp(
      "The program that the spec was written for: "
        + SpecConversion.Origin.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "program"))
  var from: SpecConversion.Origin = .mergekit
  @Flag(help: "Say nothing but errors.") var quiet = false

  func run() throws {
    let text = try SpecTextFile.read(spec)
    let (result, diagnostics) = SpecConversion.converted(text, file: spec, from: from)
    SpecTextFile.note(diagnostics, text: text)
    guard let result else { throw Failure(code: 2, message: "") }
    if !quiet { SpecTextFile.note(result.notes, text: text) }
    if let output { try SpecTextFile.write(result.text, to: output) } else { print(result.text, terminator: "") }
    if !quiet, result.notes.isEmpty { Terminal.note("\(spec): nothing to convert") }
    let errors = result.remaining.filter { $0.severity == .error }
    let rest = (quiet ? errors : result.remaining).map { diagnostic in
      var diagnostic = diagnostic
      diagnostic.file = output ?? "converted"
      return diagnostic
    }
    SpecTextFile.note(rest, text: result.text)
    if !errors.isEmpty { throw Failure(code: 2, message: "") }
  }
}

extension SpecConversion.Origin: ExpressibleByArgument {}
