import BraidTesting
import Foundation
import Testing

/// The README keeps its word: its examples run, its table is the catalogue's, its links lead somewhere.
@Suite struct ReadmeTests {
  private let text: String

  init() throws { text = try Files.text(Fixture.packageRoot + "/README.md") }

  @Test func `every example runs`() throws {
    let folder = try TemporaryFolder()
    for name in ["merges", "Fixtures"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder(name), withDestinationPath: Fixture.packageRoot + "/" + name)
    }
    let examples = blocks(of: "sh")
    #expect(examples.count >= 8)
    let program = try BraidBinary.path()
    for example in examples {
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.arguments = ["-e", "-c", example]
      shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      let binaries = String(program[..<(program.lastIndex(of: "/") ?? program.endIndex)])
      shell.environment = ProcessInfo.processInfo.environment.merging(
        ["PATH": binaries + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")]) { $1 }
      let output = folder("output.txt")
      _ = FileManager.default.createFile(atPath: output, contents: nil)
      let handle = try #require(FileHandle(forWritingAtPath: output))
      shell.standardOutput = handle
      shell.standardError = handle
      try shell.run()
      shell.waitUntilExit()
      let printed = try Files.text(output)
      #expect(shell.terminationStatus == 0, "\(example)\n\(printed)")
      #expect(!printed.isEmpty, "\(example) printed nothing")
    }
    for made in ["out/ties/config.json", "out/slerp/merge.yml", "out/samples.jsonl", "runs/leaderboard.csv"] {
      #expect(Files.exists(folder(made)), "\(made)")
    }
  }

  @Test func `the table of methods is the catalogue's`() throws {
    let table = try BraidBinary.run(["methods", "--markdown"]).output
    #expect(text.contains(table))
  }

  @Test func `both commands are shown and every link leads to a file`() throws {
    #expect(text.contains("    make demo") && text.contains("    make test"))
    let links = text.matches(of: /\]\(([^)#]+)\)/).map { String($0.1) }.filter { !$0.hasPrefix("http") }
    #expect(links.count > 10)
    for link in links { #expect(Files.exists(Fixture.packageRoot + "/" + link), "\(link)") }
  }

  @Test func `every example spec is linked`() throws {
    for spec in try Files.list(Fixture.packageRoot + "/merges") where spec.hasSuffix(".yml") {
      let name = spec.split(separator: "/").last.map(String.init) ?? spec
      #expect(text.contains("(merges/\(name))"), "\(name)")
    }
  }

  /// The fenced blocks of a language, lines that end in a backslash joined by the shell.
  private func blocks(of language: String) -> [String] {
    text.components(separatedBy: "\n```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }
}
