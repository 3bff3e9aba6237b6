import BraidTesting
import Checkpoints
import Documents
import Testing

@Suite struct EntryChecksumTests {
  private func findings(_ path: String) throws -> [String] {
    try CheckpointVerification(of: ModelFolder.open(path), threads: 2).findings.filter { $0.severity == .error }
      .map(\.message)
  }

  /// A copy of a fixture with one byte changed in the middle of a tensor.
  private func damaged(_ fixture: String, tensor: String, in folder: TemporaryFolder) throws -> (path: String, Int) {
    let original = Fixture.path("formats/" + fixture)
    let place = try #require(Checkpoint.open(original).location(of: tensor)?.bytes)
    var bytes = try Files.bytes(original)
    bytes[(place.lowerBound + place.upperBound) / 2] ^= 1
    return (try folder.write(String(fixture.split(separator: "/").last ?? ""), bytes), place.lowerBound)
  }

  @Test func `a changed element of a stored entry is found, and the entry is named`() throws {
    let folder = try TemporaryFolder()
    let torch = try damaged("pytorch/state-dict.bin", tensor: "0.weight", in: folder)
    _ = try Checkpoint.open(torch.path)
    let message = try #require(try findings(torch.path).first)
    #expect(message.hasPrefix("state-dict.bin, bytes \(torch.1) to "))
    #expect(message.contains("/data/") && message.contains("as the archive's directory says"))
  }

  @Test(arguments: ["pytorch/state-dict.bin", "pytorch/views.pt", "numpy/every-dtype.npz", "numpy/orders.npz"])
  func `archives as their libraries write them have the checksums that they state`(name: String) throws {
    #expect(try findings(Fixture.path("formats/" + name)).filter { $0.contains("checksum") } == [])
  }

  @Test func `an archive without checksums is not blamed for it`() throws {
    let folder = try TemporaryFolder()
    var bytes = try Files.bytes(Fixture.path("formats/pytorch/state-dict.bin"))
    // In the directory the checksum of an entry is at byte 16, as zero if torch.save was told to make none.
    for place in 0..<bytes.count - 20 where bytes[place..<place + 4].elementsEqual([0x50, 0x4B, 1, 2]) {
      bytes.replaceSubrange(place + 16..<place + 20, with: [0, 0, 0, 0])
    }
    let path = try folder.write("a.bin", bytes)
    #expect(try findings(path).filter { $0.contains("checksum") } == [])
  }
}
