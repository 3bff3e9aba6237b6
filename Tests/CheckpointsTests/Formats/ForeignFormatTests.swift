import BraidTesting
import Checkpoints
import Testing

@Suite struct ForeignFormatTests {
  @Test func `a weight file of a kind without a reader is named`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("weights", Array("PK\u{3}\u{4}....".utf8))
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(
      error.message.hasPrefix("this is a zip archive without") && error.message.hasSuffix("which Braid cannot read"))
    #expect(error.hint == "formats that can be read: " + CheckpointFormats.all.map { $0.name }.joined(separator: ", "))
  }
}
