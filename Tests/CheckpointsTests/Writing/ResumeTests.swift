import BraidTesting
import Checkpoints
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct ResumeTests {
  private let folder: TemporaryFolder
  private let trial: WriterTrial
  private var out: String { folder("out") }
  private var partial: String { folder(".out.braid-partial") }

  init() throws {
    folder = try TemporaryFolder()
    trial = try WriterTrial()
  }

  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)".split(separator: folder.path + "/").joined()
    }
  }

  /// Leaves what a run that ended after so many tensors leaves, with its journal complete.
  private func interrupt(after count: Int, mode: CheckpointWriter.Mode = .fresh) throws {
    let writer = try trial.writer(at: out, mode)
    for tensor in 0..<count { try trial.write(tensor, with: writer) }
    writer.abandon(keepingPartial: true)
  }

  @Test func `a run goes on where an earlier one ended`() throws {
    for count in 0...trial.layout.tensors.count {
      try interrupt(after: count)
      #expect(!Files.exists(out))
      let writer = try trial.writer(at: out, .resume)
      #expect(writer.finishedTensors == Set(0..<count))
      try trial.writeRest(with: writer)
      try writer.finish()
      #expect(try WriterTrial.contents(of: out) == trial.expected())
      try Files.remove(out)
    }
  }

  @Test func `without an earlier run, resuming is beginning`() throws {
    let writer = try trial.writer(at: out, .resume)
    #expect(writer.finishedTensors.isEmpty)
    try trial.writeRest(with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }

  @Test func `what is left of an earlier run is reported`() throws {
    try interrupt(after: 3)
    #expect(
      error { _ = try trial.writer(at: out) }
        == "out: an unfinished run is left here, with 3 tensors written (in .out.braid-partial)\n"
        + "  --resume goes on with it, --force begins anew")
    #expect(
      error { _ = try trial.writer(at: out, .resume, fingerprint: "another") }
        == "out: the unfinished run left here had another spec, other options or other inputs "
        + "(in .out.braid-partial)\n  --force begins anew")
    let other = try WriterTrial(shardSize: 10_000)
    #expect(error { _ = try other.writer(at: out, .resume) }.contains("had another spec"))
    // None of these refusals has cost anything.
    #expect(try trial.writer(at: out, .resume).finishedTensors == [0, 1, 2])
    let writer = try trial.writer(at: out, .force)
    #expect(writer.finishedTensors.isEmpty)
    writer.abandon(keepingPartial: false)
    #expect(try Files.list(folder.path).isEmpty)
  }

  @Test func `a run that may replace the destination may still do so when it is resumed`() throws {
    try folder.write("out/old", "old")
    try interrupt(after: 2, mode: .force)
    #expect(try Files.text(folder("out/old")) == "old")
    let writer = try trial.writer(at: out, .resume)
    #expect(writer.finishedTensors == [0, 1])
    try trial.writeRest(with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }

  @Test func `two runs cannot write to one destination`() throws {
    let first = try trial.writer(at: out)
    for mode in [CheckpointWriter.Mode.fresh, .force, .resume] {
      #expect(
        error { _ = try trial.writer(at: out, mode) }
          == ".out.braid-partial: another process is writing here\n"
          + "  wait for it to end, or choose another output folder")
    }
    try trial.writeRest(with: first)
    try first.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }

  @Test func `a journal cut short at any byte costs tensors, never their bytes`() throws {
    try interrupt(after: 8)
    let journal = try Files.bytes(partial + "/journal")
    try Files.copy(partial, to: folder("kept"))
    for length in 0...journal.count {
      try Files.remove(partial)
      try Files.copy(folder("kept"), to: partial)
      try folder.write(".out.braid-partial/journal", Array(journal[..<length]))
      let writer = try trial.writer(at: out, .resume)
      #expect(writer.finishedTensors.isSubset(of: Set(0..<8)))
      try trial.writeRest(with: writer)
      try writer.finish()
      #expect(try WriterTrial.contents(of: out) == trial.expected(), "cut at \(length)")
      try Files.remove(out)
      try Files.makeFolder(partial)
    }
  }

  @Test func `a journal with nonsense in it is believed up to there`() throws {
    try interrupt(after: 3)
    for nonsense in ["done 99\ndone 4\n", "done -1\n", "\0\0\0\0", "done 4 5\n", "undone 4\n"] {
      let text = try Files.text(partial + "/journal")
      try folder.write(".out.braid-partial/journal", text + nonsense)
      let writer = try trial.writer(at: out, .resume)
      #expect(writer.finishedTensors == [0, 1, 2])
      writer.abandon(keepingPartial: true)
      #expect(try Files.text(partial + "/journal") == text)
    }
  }

  // MARK: Between the renames

  @Test func `a kill between moving the old folder aside and naming the new one loses neither`() throws {
    try folder.write("out/old", "old")
    try interrupt(after: 10, mode: .force)
    try Files.move(out, to: partial + "/old")
    let writer = try trial.writer(at: out, .resume)
    #expect(try Files.text(folder("out/old")) == "old")
    #expect(writer.finishedTensors.count == 10)
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
    #expect(!Files.exists(partial))
  }

  @Test func `a kill after the naming leaves a finished folder and nothing to resume`() throws {
    try folder.write("out/old", "old")
    try interrupt(after: 10, mode: .force)
    try Files.move(out, to: partial + "/old")
    try Files.move(partial + "/model", to: out)
    #expect(error { _ = try trial.writer(at: out) }.hasPrefix("out: the folder is not empty"))
    #expect(error { _ = try trial.writer(at: out, .resume) }.contains("no unfinished run is left"))
    #expect(!Files.exists(partial))
    #expect(Files.exists(folder("out/model-00001-of-00003.safetensors")))
  }

  // MARK: A real kill

  @Test(arguments: [0, 3, 7, 10, 12])
  func `a process killed while it writes leaves nothing under the final name, and a rest to resume`(
    writes: Int
  ) async throws {
    let path = out
    await #expect(processExitsWith: .signal(9)) { [path = path as String, writes = writes as Int] in
      let trial = try WriterTrial()
      let writer = try trial.writer(at: path)
      for tensor in 0..<min(writes, 10) { try trial.write(tensor, with: writer, pieces: 1000) }
      // Ten rounds write everything; the last case has it recorded as well.
      if writes == 12 { writer.abandon(keepingPartial: true) }
      kill(getpid(), SIGKILL)
    }
    #expect(!Files.exists(out))
    let writer = try trial.writer(at: out, .resume)
    #expect(writer.finishedTensors.count == (writes == 12 ? 10 : 0) || writer.finishedTensors.count <= writes)
    try trial.writeRest(with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }
}
