import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct SafetensorsTests {
  /// Two tensors, metadata, and an empty tensor: a small file that has everything.
  private static let valid = SafetensorsMaker.file([
    (TensorDescription(name: "a", dtype: .float32, shape: [2, 2]), Array(0..<16)),
    (TensorDescription(name: "none", dtype: .int64, shape: [0, 3]), []),
    (TensorDescription(name: "b", dtype: .bfloat16, shape: [3]), Array(0..<6)),
  ])

  private func read(_ bytes: [UInt8]) throws -> FileIndex {
    try bytes.withUnsafeBytes { try Safetensors.readIndex(of: $0, file: "file") }
  }

  private func message(_ bytes: [UInt8]) -> String {
    do {
      _ = try read(bytes)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func `every broken file gets the message that was recorded for it`() throws {
    let report = try BrokenFiles.headerReport(Fixture.path("formats/safetensors/broken"), ending: ".safetensors")
    try Golden.expect(report, at: "broken-files.txt")
  }

  @Test func `every dtype is read with its size`() throws {
    for dtype in DType.allCases {
      let bytes = [UInt8](repeating: 1, count: 6 * dtype.byteCount)
      let description = TensorDescription(name: "x", dtype: dtype, shape: [2, 3])
      let index = try read(SafetensorsMaker.file([(description, bytes)]))
      #expect(index.tensors.map(\.description) == [description])
      #expect(index.metadata == [Metadatum(key: "format", value: "pt")])
    }
  }

  @Test func `tensors come in the order of their data, whatever the header's order is`() throws {
    let header = """
      {"second": {"data_offsets": [1, 2], "shape": [1], "dtype": "U8"},
       "empty": {"data_offsets": [1, 1], "shape": [0], "dtype": "U8"},
       "first": {"data_offsets": [0, 1], "shape": [], "dtype": "BOOL"}}
      """
    let index = try read(SafetensorsMaker.file(header: header, data: [1, 2]))
    #expect(index.tensors.map(\.description.name) == ["first", "empty", "second"])
    let start = 8 + header.utf8.count
    #expect(
      index.tensors.map(\.encoding.storedBytes) == [start..<start + 1, start + 1..<start + 1, start + 1..<start + 2])
    #expect(index.tensors.allSatisfy { $0.encoding.storage == nil })
  }

  @Test func `a file without tensors is valid`() throws {
    #expect(try read(SafetensorsMaker.file(header: "{}")).tensors.isEmpty)
    #expect(try read(SafetensorsMaker.file(header: "{}      ")).tensors.isEmpty)
  }

  @Test func `a header that is a bomb of values is refused without being built`() {
    let bomb = "{\"a\": [" + String(repeating: "0,", count: 1_000_000) + "0]}"
    #expect(message(SafetensorsMaker.file(header: bomb)).contains("more values here than can belong"))
  }

  @Test func `more tensors or extents than any real file has are refused`() throws {
    func header(tensors: Int) -> String {
      let entries = (0..<tensors).map { "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}" }
      return "{" + entries.joined(separator: ",") + "}"
    }
    #expect(try read(SafetensorsMaker.file(header: header(tensors: 131_072))).tensors.count == 131_072)
    #expect(
      message(SafetensorsMaker.file(header: header(tensors: 131_073)))
        .hasSuffix("more than 131072 tensors; expected at most so many in one file"))
    func header(rank: Int) -> String {
      let shape = [String](repeating: "1", count: rank).joined(separator: ",")
      return "{\"a\":{\"dtype\":\"U8\",\"shape\":[\(shape)],\"data_offsets\":[0,1]}}"
    }
    #expect(try read(SafetensorsMaker.file(header: header(rank: 64), data: [1])).tensors.count == 1)
    #expect(
      message(SafetensorsMaker.file(header: header(rank: 65), data: [1]))
        .hasSuffix("tensor \"a\": a shape of 65 extents; expected at most 64"))
  }

  @Test func `a header longer than any real one is refused before it is read`() {
    let blanks = String(repeating: " ", count: 32_000_000)
    #expect(
      message(SafetensorsMaker.file(header: "{}" + blanks))
        .hasSuffix("byte 0: the header claims to be 32000002 bytes long; expected at most 32000000"))
  }

  @Test func `a valid file cut short anywhere is an error`() {
    Mutation.checkCuts(Safetensors.self, Self.valid, at: 0..<Self.valid.count)
    #expect(message(Self.valid) == "no error")
    #expect(message(Self.valid + [0]) != "no error")
  }

  @Test func `changed bytes never make it trap, and what it accepts fits the file`() {
    Mutation.check(
      Safetensors.self, Self.valid, rounds: 30_000, seed: 7, inserting: Array("0123456789[]{},:\"-.eE\\ ".utf8))
  }

  @Test func `recognition looks at the content`() {
    #expect(Self.valid.withUnsafeBytes { Safetensors.recognizes($0) })
    #expect(!Array("{\"weight_map\": {}}".utf8).withUnsafeBytes { Safetensors.recognizes($0) })
    #expect(![UInt8]().withUnsafeBytes { Safetensors.recognizes($0) })
  }
}
