import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct GGUFTests {
  /// Typed metadata, arrays in arrays, and tensors of every plain kind.
  private static let kinds = Fixture.path("formats/gguf/kinds.gguf")

  private func read(_ bytes: [UInt8]) throws -> FileIndex {
    try bytes.withUnsafeBytes { try GGUF.readIndex(of: $0, file: "file") }
  }

  @Test func `every broken file gets the message that was recorded for it`() throws {
    let report = try BrokenFiles.headerReport(Fixture.path("formats/gguf/broken"), ending: ".gguf")
    try Golden.expect(report, at: "broken-files.txt")
  }

  @Test func `every plain kind is read as the reference implementation wrote it`() async throws {
    let checkpoint = try Checkpoint.open(Self.kinds)
    let expected = try Checkpoint.open(Fixture.path("formats/gguf/kinds.safetensors"))
    #expect(checkpoint.format == "GGUF")
    for tensor in expected.index.tensors {
      #expect(checkpoint.index[tensor.name] == tensor)
      #expect(try checkpoint.bytes(of: tensor.name) == expected.bytes(of: tensor.name))
    }
    #expect(checkpoint.index["bf16"] == TensorDescription(name: "bf16", dtype: .bfloat16, shape: [1, 2]))
    #expect(try checkpoint.bytes(of: "bf16") == [0x80, 0x3F, 0x00, 0xC0])
    try await TensorSourceContract.check(checkpoint)
  }

  @Test func `every block kind becomes the float32 that the reference implementation makes of it`() async throws {
    let checkpoint = try Checkpoint.open(Fixture.path("formats/gguf/blocks.gguf"))
    let expected = try Checkpoint.open(Fixture.path("formats/gguf/blocks.safetensors"))
    #expect(Set(checkpoint.index.tensors.map(\.name)) == Set(BlockFormat.allCases.map(\.rawValue)))
    for tensor in expected.index.tensors {
      #expect(checkpoint.index[tensor.name] == tensor)
      #expect(checkpoint.location(of: tensor.name)?.storage == tensor.name)
      #expect(try checkpoint.bytes(of: tensor.name) == expected.bytes(of: tensor.name), "\(tensor.name)")
    }
    try await TensorSourceContract.check(checkpoint)
  }

  @Test func `metadata of every type is shown`() throws {
    let texts = try Checkpoint.open(Self.kinds).files[0].contents.metadata.map { "\($0.key) = \($0.value)" }
    try Golden.expect(texts.joined(separator: "\n") + "\n", at: "metadata.txt")
  }

  @Test(arguments: ["split-00001-of-00002.gguf", "split-00002-of-00002.gguf"])
  func `any part of a split file opens all of them`(part: String) async throws {
    let checkpoint = try Checkpoint.open(Fixture.path("formats/gguf/" + part))
    #expect(checkpoint.files.count == 2)
    #expect(checkpoint.index.tensors.map(\.name) == ["t0", "t1", "t2"])
    #expect(try checkpoint.bytes(of: "t2") == [2, 3, 4, 5].flatMap { withUnsafeBytes(of: Float($0), Array.init) })
    try await TensorSourceContract.check(checkpoint)
  }

  @Test func `a part that is not there or has another name is named`() throws {
    let folder = try TemporaryFolder()
    let part = try Files.bytes(Fixture.path("formats/gguf/split-00002-of-00002.gguf"))
    let path = try folder.write("split-00002-of-00002.gguf", part)
    let missing = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(missing.path.hasSuffix("split-00001-of-00002.gguf") && missing.message.contains("is not there"))
    let other = try folder.write("alone.gguf", part)
    let renamed = try #require(throws: CheckpointError.self) { try Checkpoint.open(other) }
    #expect(renamed.message.contains("part 2 of 2 under another name; expected a name that ends in -00002-of-00002"))
  }

  @Test func `a file cut short anywhere is an error`() throws {
    let valid = try Files.bytes(Self.kinds)
    let end = try read(valid).tensors.compactMap(\.encoding.storedBytes?.upperBound).max()
    let last = try #require(end)
    Mutation.checkCuts(GGUF.self, valid, at: 0..<last)
    _ = try read(Array(valid[..<last]))
  }

  @Test func `changed bytes never make it trap, and what it accepts fits the file`() throws {
    let originals = try ["kinds", "blocks", "llama-rope"].map {
      try Files.bytes(Fixture.path("formats/gguf/\($0).gguf"))
    }
    // Headers are where damage matters; they are shorter than this.
    for (number, original) in originals.enumerated() {
      Mutation.check(
        GGUF.self, original, rounds: 10_000, seed: UInt64(7 + number), in: 0..<min(original.count, 4600),
        inserting: [0, 1, 4, 8, 9, 255])
    }
  }

  @Test func `recognition looks at the content`() {
    #expect(Array("GGUF".utf8).withUnsafeBytes { GGUF.recognizes($0) })
    #expect(!Array("GGU".utf8).withUnsafeBytes { GGUF.recognizes($0) })
    #expect(!Array("GGML....".utf8).withUnsafeBytes { GGUF.recognizes($0) })
  }
}
