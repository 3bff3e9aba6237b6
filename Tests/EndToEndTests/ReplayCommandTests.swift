import BraidTesting
import Testing

/// `braid replay` as users run it.
@Suite struct ReplayCommandTests {
  @Test func `a merge is repeated, and a changed byte is found`() throws {
    let folder = try TemporaryFolder()
    let merge = try BraidBinary.run(["merge", Fixture.merge("ties.yml"), "-o", folder("out")])
    #expect(merge.status == 0, "\(merge.errors)")
    let replay = try BraidBinary.run(["replay", folder("out")])
    #expect(replay.status == 0, "\(replay.errors)")
    #expect(replay.output.contains("the same again, byte for byte"))
    var bytes = try Files.bytes(folder("out/model.safetensors"))
    bytes[bytes.count - 1] ^= 1
    try folder.write("out/model.safetensors", bytes)
    let changed = try BraidBinary.run(["replay", folder("out"), "--json", "--quiet"])
    #expect(changed.status == 1)
    #expect(changed.output.contains("\"equal\": false") && changed.output.contains("model.safetensors differs"))
  }

  @Test func `without a card there is no README, and replay agrees`() throws {
    let folder = try TemporaryFolder()
    let merge = try BraidBinary.run(["merge", Fixture.merge("linear.yml"), "-o", folder("out"), "--no-card"])
    #expect(merge.status == 0 && !Files.exists(folder("out/README.md")), "\(merge.errors)")
    let replay = try BraidBinary.run(["replay", folder("out")])
    #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
  }

  @Test func `what was not merged cannot be replayed`() throws {
    let replay = try BraidBinary.run(["replay", Fixture.path("families/a/base")])
    #expect(replay.status == 2)
    #expect(replay.errors.contains("braid-record.json"), "\(replay.errors)")
  }
}
