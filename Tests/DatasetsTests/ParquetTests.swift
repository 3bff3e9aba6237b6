import BraidTesting
import Datasets
import Documents
import Testing

@Suite struct `Rows from Parquet` {
  private static let folder = Fixture.path("formats/parquet/")
  private static let names = ["plain-v1", "snappy-v1", "gzip-v2", "zstd-v2"]

  private func table(_ bytes: [UInt8]) throws -> DataTable { try DataReading().table(bytes, file: "x.parquet") }

  @Test(arguments: names)
  func `files of pyarrow hold what pyarrow says`(name: String) throws {
    let rows = try table(Files.bytes(Self.folder + name + ".parquet")).rows
    let expected = try #require(try JSONParser.parse(Files.bytes(Self.folder + "rows.json")).array)
    #expect(rows.count == expected.count)
    for (row, node) in zip(rows, expected) { #expect(row == DataValue(node)) }
  }

  private static let goldens =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    + "/Goldens/parquet/"
  private static let rareNames = [
    "delta-integers", "delta-texts", "split", "kinds", "kinds-as-integers", "old-times",
  ]

  @Test(arguments: rareNames)
  func `rare encodings, decimals and times are what the datasets library makes of them`(name: String) throws {
    let rows = try table(Files.bytes(Self.goldens + name + ".parquet")).rows
    let expected = try #require(try JSONParser.parse(Files.bytes(Self.goldens + name + ".json")).array)
    #expect(rows.count == expected.count)
    for (row, node) in zip(rows, expected) { #expect(row == DataValue(node)) }
  }

  @Test func `what is broken is said, with its place`() throws {
    var lines: [String] = []
    for folder in [Self.folder + "broken/", Self.goldens + "broken/"] {
      for name in try Files.list(folder).sorted() {
        do {
          _ = try table(Files.bytes(folder + name))
          lines.append("\(name): read")
        } catch {
          lines.append("\(name): \(error)")
        }
      }
    }
    try Golden.expect(lines.joined(separator: "\n") + "\n", at: "parquet-broken.txt")
  }

  @Test(arguments: ["delta-integers", "delta-texts", "split"])
  func `a file in a rare encoding cut anywhere is refused`(name: String) throws {
    let bytes = try Files.bytes(Self.goldens + name + ".parquet")
    for count in stride(from: 0, to: bytes.count, by: 3) {
      #expect(throws: DataError.self) { try table(Array(bytes.prefix(count))) }
    }
  }

  @Test(arguments: rareNames)
  func `damage to rare encodings never does worse than an error`(name: String) throws {
    let bytes = try Files.bytes(Self.goldens + name + ".parquet")
    var generator = SeededGenerator(seed: 17)
    for _ in 0..<5_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<damaged.count, using: &generator)
        damaged[place] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? table(damaged)
    }
  }

  @Test(arguments: ["snappy-v1", "zstd-v2"])
  func `a file cut anywhere in its metadata is refused`(name: String) throws {
    let bytes = try Files.bytes(Self.folder + name + ".parquet")
    for count in stride(from: 0, to: bytes.count, by: 3) {
      #expect(throws: DataError.self) { try table(Array(bytes.prefix(count))) }
    }
    // The same with the marks and the length put back.
    let length = bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    for cut in stride(from: 1, to: length, by: 5) {
      let metadata = bytes[(bytes.count - 8 - length)..<(bytes.count - 8 - cut)]
      let size = (0..<4).map { UInt8(truncatingIfNeeded: metadata.count >> (8 * $0)) }
      let damaged = bytes.prefix(bytes.count - 8 - length) + metadata + size + Array("PAR1".utf8)
      _ = try? table(Array(damaged))
    }
  }

  @Test(arguments: names)
  func `damage never does worse than an error`(name: String) throws {
    let bytes = try Files.bytes(Self.folder + name + ".parquet")
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<7_500 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<damaged.count, using: &generator)
        damaged[place] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? table(damaged)
    }
  }
}
