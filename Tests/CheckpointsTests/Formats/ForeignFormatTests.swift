import BraidTesting
import Checkpoints
import Testing

@Suite struct ForeignFormatTests {
  @Test func `the HDF5 library is of the release line that Braid was built with`() throws {
    #expect(try HDF5Library.version().split(separator: ".").count == 3)
  }

  @Test(
    arguments: [
      ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0], "an HDF5 file"), (Array("GGUF....".utf8), "a GGUF file"),
      ([0x80, 0x02, 0x8a], "a pickle"), (Array("PK\u{3}\u{4}....".utf8), "a zip archive"),
    ] as [([UInt8], String)])
  func `a weight file of a kind without a reader is named`(bytes: [UInt8], name: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("weights", bytes)
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error.message.contains("this is \(name)") && error.message.hasSuffix("which Braid cannot read"))
    #expect(
      error.hint == "formats that can be read: " + CheckpointFormats.all.map { $0.name }.joined(separator: ", "))
  }
}
