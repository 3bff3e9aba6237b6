import ArgumentParser
import Documents
import MergeSpecs

struct SpecSchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print a JSON Schema of the language, by which editors complete and check specs.",
    discussion: """
      An editor with yaml-language-server uses it in a spec that begins with the line \
      "# yaml-language-server: $schema=FILE".
      """)

  @Option(name: .shortAndLong, help: "Write the schema to this file.") var output: String?

  func run() throws {
    let text = SpecSchema.json().pretty
    if let output { try SpecTextFile.write(text, to: output) } else { print(text, terminator: "") }
  }
}
