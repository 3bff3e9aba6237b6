import BraidTesting
import Testing

/// `braid init` as a user at a terminal sees it.
@Suite struct InitTerminalTests {
  private let folder: TemporaryFolder
  private let models = ["base", "expert-sums", "expert-sort"].map { Fixture.path("families/a/" + $0) }

  init() throws { folder = try TemporaryFolder() }

  private func start(columns: Int = 80) throws -> TerminalProgram {
    try BraidBinary.startOnTerminal(["init", "-o", folder("m.yml")] + models, columns: columns)
  }

  @Test(arguments: [80, 20]) func `questions are asked one by one, and what is typed is shown once`(
    columns: Int
  ) throws {
    let program = try start(columns: columns)
    try program.expect("Which is the base")
    try program.expect("[1] > ")
    program.type("9\r")
    try program.expect("a number from 0 to 3 is wanted")
    try program.expect("[1] > ")
    program.type("\r")
    try program.expect("Which method?")
    try program.expect("] > ")
    // Mistakes are taken back before the line is sent.
    program.type("tiez\u{7F}s\r")
    try program.expect("Which dtype")
    program.type("float32\r")
    #expect(try program.wait() == 0, "\(program.shown)")
    let lines = program.shown.split(separator: "\r\n").map(String.init)
    #expect(lines.contains("[1] > 9") && lines.contains("[1] > "))
    #expect(lines.count { $0.hasSuffix("> float32") } == 1)
    #expect(lines.last?.hasPrefix(folder("m.yml") + ": ties of 3 models") ?? false)
    // Nothing but text: no colours, no cursor that moves, but for the letter that was taken back.
    #expect(!program.shown.contains("\u{1B}"))
    let spec = try Files.text(folder("m.yml"))
    #expect(spec.contains("\nmerge_method: ties\n") && spec.contains("\ndtype: float32"))
    let piped = try BraidBinary.run(["init", "-o", folder("m.yml"), "--force"] + models, input: "\nties\nfloat32\n")
    #expect(try piped.status == 0 && Files.text(folder("m.yml")) == spec)
  }

  @Test func `the end of input in the middle writes nothing`() throws {
    let program = try start()
    try program.expect("[1] > ")
    program.type("1\r")
    try program.expect("Which method?")
    program.type("\u{4}")
    #expect(try program.wait() == 2)
    #expect(program.shown.contains("braid init asks questions, and the answers ended\r\n  --yes takes"))
    #expect(try Files.list(folder("")).isEmpty)
  }

  @Test func `Ctrl-C in the middle ends the program and writes nothing`() throws {
    let program = try start()
    try program.expect("[1] > ")
    program.type("1\r")
    try program.expect("Which method?")
    program.type("tie\u{3}")
    #expect(try program.wait() == -2)
    #expect(try Files.list(folder("")).isEmpty)
  }
}
