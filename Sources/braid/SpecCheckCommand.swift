import ArgumentParser
import Documents
import Merging

struct SpecCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say everything that is wrong with merge specs.",
    discussion: """
      Models that are here are opened, headers only, and the merge is planned; one that is not here is a warning. The \
      exit code is 2 if there are errors.
      """)

  @Argument(help: ArgumentHelp("The merge specs, YAML files.", valueName: "spec")) var specs: [String]
  @Flag(help: "Look at the text alone and open no model.") var syntaxOnly = false
  @Flag(help: "Make unknown keys in the specs warnings.") var lenient = false
  @Flag(help: "Print JSON: a list of diagnostics with file, line, column, severity, message and hint.") var json = false

  func run() throws {
    var all: [Diagnostic] = []
    for spec in specs {
      let check = try Failure.ofRequest { try SpecCheck.check(spec, opensModels: !syntaxOnly, lenient: lenient) }
      all += check.diagnostics
      if !json {
        SpecTextFile.note(check.diagnostics, text: check.text)
        print("\(spec): \(check.summary)")
      }
    }
    if json { print(JSONValue.array(all.map(\.json)).pretty, terminator: "") }
    if all.contains(where: { $0.severity == .error }) { throw Failure(code: 2, message: "") }
  }
}

extension SpecCheck {
  /// What was found, in a few words.
  fileprivate var summary: String {
    let counts = [(Diagnostic.Severity.error, "error"), (.warning, "warning"), (.note, "note")].compactMap {
      severity, name in
      let count = diagnostics.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(name)" + (count == 1 ? "" : "s")
    }
    return counts.isEmpty ? "nothing wrong" : counts.joined(separator: ", ")
  }
}

extension Diagnostic {
  /// The diagnostic as a program reads it; what it lacks is left out.
  fileprivate var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("file", .string(file))]
    if let position { members += [("line", .integer(position.line)), ("column", .integer(position.column))] }
    members += [("severity", .string(severity.rawValue)), ("message", .string(message))]
    if let hint { members.append(("hint", .string(hint))) }
    return .object(members)
  }
}
