import ArgumentParser
import Documents
import Foundation
import Merging

struct SpecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spec", abstract: "Check, format and convert merge specs, and describe their language to editors.",
    subcommands: [
      SpecCheckCommand.self, SpecConvertCommand.self, SpecFormatCommand.self, SpecSchemaCommand.self,
    ])
}

/// A spec as the commands that rewrite it read and write it.
enum SpecTextFile {
  static func read(_ file: String) throws -> String {
    try Failure.ofRequest { try SpecFile.text(of: SpecFile.read(file), file: file) }
  }

  /// Writes a file so that it is never seen half written, and makes the folders above it.
  static func write(_ text: String, to file: String) throws {
    do {
      let url = URL(fileURLWithPath: file)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw Failure(code: 1, message: "error: \(file) cannot be written: \(error.localizedDescription)")
    }
  }

  /// Prints diagnostics below each other, if there are any.
  static func note(_ diagnostics: [Diagnostic], text: String) {
    if !diagnostics.isEmpty { Terminal.note(MergeSpecError.rendered(diagnostics, text: text)) }
  }
}
