import BraidTesting
import Testing

@Suite struct FuzzTests {
  @Test func `damaged files of every format are refused or read, and nothing worse`() throws {
    let folder = try TemporaryFolder()
    let run = try BraidBinary.run(
      ["--seconds", "3", "--seed", "7", "--seeds", Fixture.path("formats"), "--output", folder("kept")],
      program: "braid-fuzz")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.hasPrefix("seed 7; valid files: "))
    #expect(run.output.hasSuffix(" inputs, 0 brought the reader down\n"))
    #expect(!Files.exists(folder("kept")))
  }

  @Test func `a kept input can be tried again`() throws {
    let file = Fixture.path("formats/safetensors/broken/empty-file.safetensors")
    let run = try BraidBinary.run(["check", file], program: "braid-fuzz")
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("\(file): not a valid safetensors file, byte 0: the file ends after 0 bytes"))
  }
}
