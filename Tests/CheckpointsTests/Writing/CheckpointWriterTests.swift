import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct CheckpointWriterTests {
  private let folder: TemporaryFolder
  private let trial: WriterTrial
  private var out: String { folder("out") }

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

  @Test(arguments: [(true, true), (true, false), (false, true), (false, false)], [100, 4096, 10_000, 1 << 20])
  func `the bytes are the same past the page cache and through it, in pieces of any size`(
    way: (direct: Bool, congruent: Bool), pieces: Int
  ) async throws {
    let writer = try trial.writer(at: out, direct: way.direct)
    for tensor in trial.layout.tensors.indices.reversed() {
      try trial.write(tensor, with: writer, pieces: pieces, congruent: way.congruent)
    }
    #expect(!Files.exists(out))
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
    #expect(try Files.list(folder.path).allSatisfy { $0.hasPrefix("out/") })
    let read = try Checkpoint.open(out)
    #expect(Set(read.index.tensors) == Set(trial.source.index.tensors))
    try await TensorSourceContract.check(read)
  }

  @Test func `many tasks write at once`() async throws {
    let writer = try trial.writer(at: out)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for tensor in trial.layout.tensors.indices {
        group.addTask { try trial.write(tensor, with: writer, pieces: 1000 + tensor) }
      }
      try await group.waitForAll()
    }
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }

  @Test func `a fixture model survives the round trip in shards, with the files beside it`() throws {
    let model = try ModelFolder.open(Fixture.path("families/a/base"))
    let layout = try SafetensorsLayout.make(model.checkpoint.index.tensors, maxShardSize: 300_000)
    #expect(layout.shards.count > 4)
    let writer = try CheckpointWriter(destination: out, layout: layout, fingerprint: "", mode: .fresh)
    for (number, tensor) in layout.tensors.enumerated() {
      let bytes = try model.checkpoint.bytes(of: tensor.name)
      try bytes.withUnsafeBytes { try writer.write($0, tensor: number, byteOffset: 0) }
      try writer.finished(tensor: number)
    }
    for file in model.filesToCarry { try writer.add(copyOf: file.path, as: file.name) }
    try writer.add(file: "config.json", bytes: model.configurationFile?.bytes ?? [])
    try writer.add(file: "1_Pooling/config.json", bytes: Array("{}".utf8))
    try writer.finish()
    let copy = try ModelFolder.open(out)
    #expect(Set(copy.checkpoint.index.tensors) == Set(model.checkpoint.index.tensors))
    for tensor in layout.tensors {
      #expect(try copy.checkpoint.bytes(of: tensor.name) == model.checkpoint.bytes(of: tensor.name))
    }
    for name in ["tokenizer.json", "chat_template.jinja", "generation_config.json", "config.json"] {
      #expect(try copy.file(named: name) == model.file(named: name))
    }
    #expect(Files.exists(folder("out/1_Pooling/config.json")))
  }

  // MARK: The destination

  @Test func `an empty folder is replaced, with or without a slash behind its name`() throws {
    try folder.write("out/x", "")
    try Files.remove(folder("out/x"))
    let writer = try trial.writer(at: out + "/")
    try trial.writeRest(with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }

  @Test func `a folder with something in it, or a file, is refused`() throws {
    try folder.write("out/notes.txt", "mine")
    #expect(
      error { _ = try trial.writer(at: out) }
        == "out: the folder is not empty\n  --force replaces it once the new checkpoint is complete")
    #expect(
      error { _ = try trial.writer(at: folder("out/notes.txt")) }.hasPrefix("out/notes.txt: the folder is not empty"))
    #expect(error { _ = try trial.writer(at: out, .resume) }.contains("no unfinished run is left to resume"))
    #expect(try Files.list(folder.path) == ["out/notes.txt"])
  }

  @Test func `force replaces the old folder only at the end`() throws {
    try folder.write("out/notes.txt", "mine")
    let writer = try trial.writer(at: out, .force)
    try trial.writeRest(with: writer)
    #expect(try Files.text(folder("out/notes.txt")) == "mine")
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
    #expect(try Files.list(folder.path).allSatisfy { $0.hasPrefix("out/") })
  }

  @Test func `a link to a folder stays a link`() throws {
    try folder.write("real/x", "")
    try Files.remove(folder("real/x"))
    try Files.link(out, to: folder("real"))
    let writer = try trial.writer(at: out)
    try trial.writeRest(with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: folder("real")) == trial.expected())
  }

  @Test func `folders above the destination are made`() throws {
    let deep = folder("a/b/c")
    let writer = try trial.writer(at: deep)
    try trial.writeRest(with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: deep) == trial.expected())
  }

  @Test func `names that are no output folder are refused`() throws {
    for name in ["", "/", ".", folder.path + "/..", folder("a\0b")] {
      #expect(error { _ = try trial.writer(at: name) } != "no error", "\(name)")
    }
    try folder.write("file", "")
    #expect(error { _ = try trial.writer(at: folder("file/out")) } != "no error")
  }

  // MARK: Mistakes

  @Test func `an unfinished tensor keeps the folder from getting its name`() throws {
    let writer = try trial.writer(at: out)
    for tensor in 1..<trial.layout.tensors.count { try trial.write(tensor, with: writer) }
    #expect(error { try writer.finish() } == "out: 1 tensors have not been written, \"t.0\" among them")
    #expect(!Files.exists(out))
    try trial.write(0, with: writer)
    try writer.finish()
    #expect(try WriterTrial.contents(of: out) == trial.expected())
  }

  @Test func `writes outside a tensor and files outside the folder are refused`() throws {
    let writer = try trial.writer(at: out)
    let bytes: [UInt8] = [1, 2, 3]
    for (tensor, offset) in [(0, 0), (0, 1), (3, -1), (3, 8190), (3, Int.max), (99, 0), (-1, 0)] {
      let message = error { try bytes.withUnsafeBytes { try writer.write($0, tensor: tensor, byteOffset: offset) } }
      #expect(message.contains("lies outside tensor"), "\(tensor) \(offset)")
    }
    for name in ["../x", "/x", "", "a//b", "model-00001-of-00003.safetensors", "model.safetensors.index.json"] {
      #expect(error { try writer.add(file: name, bytes: []) }.contains("cannot be put beside"), "\(name)")
    }
    writer.abandon(keepingPartial: false)
    #expect(try Files.list(folder.path).isEmpty)
    #expect(error { try bytes.withUnsafeBytes { try writer.write($0, tensor: 3, byteOffset: 0) } } != "no error")
  }

  @Test func `what cannot fit is refused before a byte is written`() throws {
    let huge = try SafetensorsLayout.make([TensorDescription(name: "huge", dtype: .uint8, shape: [1 << 50])])
    let message = error {
      _ = try CheckpointWriter(destination: out, layout: huge, fingerprint: "", mode: .fresh)
    }
    #expect(message.contains("the checkpoint takes 1126 TB, but only "))
    #expect(try Files.list(folder.path).isEmpty)
  }
}
