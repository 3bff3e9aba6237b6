import BraidTesting
import Checkpoints
import Documents
import Foundation
import Tensors
import Testing

@Suite struct HDF5Tests {
  private static let folder = Fixture.path("formats/hdf5")
  private static let valid = ["dtypes", "chunks", "chunks-1.10", "user-block", "keras2-model", "keras2-weights"]

  private func read(_ bytes: [UInt8]) throws -> FileIndex {
    try bytes.withUnsafeBytes { try HDF5.readIndex(of: $0, file: "file") }
  }

  /// The error's text without what the library says, which differs between its versions.
  private func message(_ error: CheckpointError) -> String {
    error.message.components(separatedBy: "; the HDF5 library says: ")[0]
  }

  // MARK: Valid files

  @Test(arguments: valid + ["keras3.weights"])
  func `every element is the one that h5py reads`(name: String) async throws {
    let file = name + ".h5"
    let checkpoint = try Checkpoint.open(Self.folder + "/" + file)
    #expect(checkpoint.format == "HDF5")
    let values = try JSONFile(path: Self.folder + "/values.json").root
    let expected = try #require(values[file]?.object)
    for entry in expected {
      guard let tensor = checkpoint.index[entry.key] else {
        // The second of two names of one dataset.
        #expect(["scalar"].contains(entry.key))
        continue
      }
      #expect(tensor.shape.dimensions == entry.node["shape"]?.array?.compactMap(\.int))
      let hex = try checkpoint.bytes(of: entry.key).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      #expect(hex == entry.node["bytes"]?.string, "\(entry.key)")
    }
    #expect(Set(checkpoint.index.tensors.map(\.name)).isSubset(of: expected.map(\.key)))
    try await TensorSourceContract.check(checkpoint)
  }

  @Test(arguments: valid + ["keras3.weights"])
  func `tensors, stored forms and what is beside them`(name: String) throws {
    let checkpoint = try Checkpoint.open(Self.folder + "/\(name).h5")
    var report = ""
    for tensor in checkpoint.index.tensors {
      report += "\(tensor.name) \(tensor.dtype.rawValue) \(tensor.shape)"
      report += checkpoint.location(of: tensor.name)?.storage.map { " (\($0))" } ?? ""
      report += "\n"
    }
    for file in checkpoint.files {
      for entry in file.contents.metadata { report += "\(entry.key): \(entry.value)\n" }
    }
    try Golden.expect(report, at: name + ".txt")
  }

  @Test func `a Keras archive is the HDF5 file in it, and its descriptions`() async throws {
    let archive = try Checkpoint.open(Self.folder + "/keras3.keras")
    let file = try Checkpoint.open(Self.folder + "/keras3.weights.h5")
    #expect(archive.format == "HDF5")
    #expect(archive.index == file.index)
    for tensor in file.index.tensors { #expect(try archive.bytes(of: tensor.name) == file.bytes(of: tensor.name)) }
    let metadata = try #require(archive.files.first?.contents.metadata)
    #expect(metadata.map(\.key) == ["optimizer", "metadata.json", "config.json"])
    #expect(metadata.last?.value.contains("\"BatchNormalization\"") == true)
    try await TensorSourceContract.check(archive)
  }

  @Test func `every range of elements of chunks is the same part of the whole`() throws {
    for name in ["chunks", "chunks-1.10"] {
      let checkpoint = try Checkpoint.open(Self.folder + "/\(name).h5")
      for tensor in checkpoint.index.tensors where tensor.shape.elementCount <= 110 {
        let whole = try checkpoint.bytes(of: tensor.name)
        let size = tensor.dtype.byteCount
        for start in 0..<tensor.shape.elementCount {
          for end in start + 1...tensor.shape.elementCount {
            let part = try [UInt8](unsafeUninitializedCapacity: (end - start) * size) { room, count in
              try checkpoint.read(tensor.name, elements: start..<end, into: UnsafeMutableRawBufferPointer(room))
              count = (end - start) * size
            }
            if part != Array(whole[start * size..<end * size]) {
              Issue.record("\(tensor.name), elements \(start) to \(end)")
              return
            }
          }
        }
      }
    }
  }

  @Test func `recognition looks at the content`() throws {
    let bytes = try Files.bytes(Self.folder + "/user-block.h5")
    #expect(bytes.withUnsafeBytes { HDF5.recognizes($0) })
    #expect(Array(bytes[1024...]).withUnsafeBytes { HDF5.recognizes($0) })
    #expect(!Array(bytes[1025...]).withUnsafeBytes { HDF5.recognizes($0) })
    #expect(![UInt8]().withUnsafeBytes { HDF5.recognizes($0) })
  }

  @Test func `the library is of the release line that Braid was built with`() throws {
    #expect(try HDF5Library.version().split(separator: ".").count == 3)
  }

  @Test func `files are listed from several threads at once`() async throws {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<32 {
        group.addTask { try Checkpoint.open(Self.folder + "/dtypes.h5").index.tensors.count }
      }
      for try await count in group { #expect(count == 29) }
    }
  }

  // MARK: Broken files

  @Test func `every broken file gets the message that was recorded for it`() throws {
    var report = ""
    for name in try Files.list(Self.folder + "/broken") {
      let start = ContinuousClock.now
      do {
        _ = try Checkpoint.open(Self.folder + "/broken/" + name)
        Issue.record("\(name) was accepted")
      } catch {
        report += "\(name.prefix { $0 != "." })\n  \(message(error))\n"
      }
      #expect(ContinuousClock.now - start < .seconds(2), "\(name)")
    }
    try Golden.expect(report, at: "broken-files.txt")
  }

  @Test func `elements that cannot be decompressed get the message that was recorded for them`() throws {
    var report = ""
    for name in try Files.list(Self.folder + "/broken-content") {
      let checkpoint = try Checkpoint.open(Self.folder + "/broken-content/" + name)
      let error = try #require(throws: CheckpointError.self) { try checkpoint.bytes(of: "x") }
      report += "\(name.dropLast(".h5".count))\n  \(error.message)\n"
    }
    try Golden.expect(report, at: "broken-content.txt")
  }

  @Test func `a valid file cut short anywhere is an error`() throws {
    let bytes = try Files.bytes(Self.folder + "/keras2-weights.h5")
    for length in Array(0..<2048) + stride(from: 2048, to: bytes.count, by: 97) + [bytes.count - 1] {
      #expect(throws: FormatError.self, "cut at \(length)") { try read(Array(bytes[..<length])) }
    }
    #expect(try read(bytes).tensors.count == 2)
  }

  @Test(arguments: ["dtypes", "chunks", "chunks-1.10"])
  func `changed bytes never make it trap, and what it accepts can be read`(name: String) throws {
    let valid = try Files.bytes(Self.folder + "/\(name).h5")
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<800 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        default: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        }
      }
      guard let index = try? read(bytes) else { continue }
      for tensor in index.tensors where tensor.description.byteCount <= 1 << 20 {
        switch tensor.encoding {
        case .contiguous(let range):
          #expect(range.upperBound <= bytes.count && range.count == tensor.description.byteCount)
        case .decoded(let decoder):
          var room = [UInt8](repeating: 0, count: tensor.description.byteCount)
          room.withUnsafeMutableBytes { room in
            bytes.withUnsafeBytes {
              try? decoder.read(0..<tensor.description.shape.elementCount, of: $0, into: room)
            }
          }
        }
      }
    }
  }
}
