import ArgumentParser
import Documents
import MergeSpecs

struct SpecFormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "format", abstract: "Bring merge specs into their canonical form.",
    discussion: """
      Keys come in the order of the language, two blanks deeper for each level. Comments, anchors, quotes and what the \
      spec says stay. Without an option the result is printed.
      """)

  @Argument(help: ArgumentHelp("The merge specs, YAML files.", valueName: "spec")) var specs: [String]
  @Option(name: .shortAndLong, help: "Write the result to this file.") var output: String?
  @Flag(name: .shortAndLong, help: "Write each result to its own file.") var inPlace = false
  @Flag(help: "Write nothing; the exit code is 1 if a spec is not in canonical form.") var check = false

  func validate() throws {
    if [output != nil, inPlace, check].count(where: { $0 }) > 1 {
      throw ValidationError("give one of --output, --in-place and --check")
    }
    if specs.count > 1, !inPlace, !check {
      throw ValidationError("several specs are formatted with --in-place or --check")
    }
  }

  func run() throws {
    var others: [String] = []
    for spec in specs {
      let text = try SpecTextFile.read(spec)
      let (formatted, diagnostics) = SpecFormat.formatted(text, file: spec)
      SpecTextFile.note(diagnostics, text: text)
      guard let formatted else { throw Failure(code: 2, message: "") }
      if formatted != text { others.append(spec) }
      if check { continue }
      if inPlace {
        if formatted != text { try SpecTextFile.write(formatted, to: spec) }
      } else if let output {
        try SpecTextFile.write(formatted, to: output)
      } else {
        print(formatted, terminator: "")
      }
    }
    guard check, !others.isEmpty else { return }
    let list = others.map { "\($0): not in canonical form" }.joined(separator: "\n")
    throw Failure(code: 1, message: list + "\n  braid spec format --in-place brings it into it")
  }
}
