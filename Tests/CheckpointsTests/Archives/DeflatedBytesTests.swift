import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct DeflatedBytesTests {
  private static let shape = (3000, 1100)
  /// Numbers that deflate by half or so, more than enough for several kept states.
  private static let elements = (0..<UInt32(shape.0 * shape.1)).map { ($0 &* 2_654_435_761) >> 16 }

  private func open(isColumnMajor: Bool = false, in folder: TemporaryFolder) throws -> Checkpoint {
    let archive = DeflatedArray.archive(Self.elements, shape: Self.shape, isColumnMajor: isColumnMajor)
    return try Checkpoint.open(try folder.write("a.npz", archive))
  }

  private func read(_ checkpoint: Checkpoint, _ range: Range<Int>) throws -> [UInt32] {
    var room = [UInt32](repeating: 0, count: range.count)
    try room.withUnsafeMutableBytes { try checkpoint.read("a", elements: range, into: $0) }
    return room
  }

  @Test func `any range can be read, in any order`() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try open(in: folder)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      let start = Int.random(in: 0..<Self.elements.count, using: &generator)
      let end = min(Self.elements.count, start + Int.random(in: 1..<40_000, using: &generator))
      #expect(try read(checkpoint, start..<end) == Array(Self.elements[start..<end]))
    }
    #expect(try read(checkpoint, 0..<Self.elements.count) == Self.elements)
  }

  @Test func `several readers do not disturb each other`() async throws {
    let folder = try TemporaryFolder()
    let checkpoint = try open(in: folder)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        group.addTask {
          for start in stride(from: task * 100_000, to: Self.elements.count, by: 400_000) {
            let range = start..<min(start + 100_000, Self.elements.count)
            let found = try self.read(checkpoint, range)
            #expect(found == Array(Self.elements[range]))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `columns are collected from pieces`() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try open(isColumnMajor: true, in: folder)
    let (rows, columns) = Self.shape
    let start = 17 * columns + 5
    let expected = (start..<start + 3 * columns).map { Self.elements[$0 % columns * rows + $0 / columns] }
    #expect(try read(checkpoint, start..<start + 3 * columns) == expected)
  }

  @Test func `columns of an array that is larger than a panel are those of the array`() throws {
    let folder = try TemporaryFolder()
    let (rows, columns) = (3001, 2999)
    let elements = (0..<UInt32(rows * columns)).map { ($0 &* 2_654_435_761) >> 20 }
    let archive = DeflatedArray.archive(elements, shape: (rows, columns), isColumnMajor: true)
    let checkpoint = try Checkpoint.open(try folder.write("a.npz", archive))
    let band = 524_288
    for start in stride(from: 0, to: elements.count, by: band) {
      let found = try read(checkpoint, start..<min(start + band, elements.count))
      let isRight = found.indices.allSatisfy { place in
        let element = start + place
        return found[place] == elements[element % columns * rows + element / columns]
      }
      #expect(isRight, "from \(start)")
    }
  }

  @Test func `a fault far inside is found where reading comes to it`() throws {
    let folder = try TemporaryFolder()
    var archive = DeflatedArray.archive(Self.elements, shape: Self.shape)
    let place = archive.count * 3 / 4
    for offset in 0..<64 { archive[place + offset] = 0xFF }
    let checkpoint = try Checkpoint.open(try folder.write("a.npz", archive))
    #expect(try read(checkpoint, 0..<1000) == Array(Self.elements[..<1000]))
    let error = try #require(throws: CheckpointError.self) {
      _ = try read(checkpoint, 0..<Self.elements.count)
    }
    #expect(error.format?.tensor == "a" && error.format?.format == "NumPy")
  }
}
