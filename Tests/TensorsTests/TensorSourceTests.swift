import BraidTesting
import Tensors
import Testing

@Suite struct TensorSourceTests {
  private let source = MemorySource(floats: [("w", [2, 2], [1, 2, 3, 4]), ("b", [], [5])])

  @Test func `a source in memory keeps the contract`() async throws {
    try await TensorSourceContract.check(source)
  }

  @Test func `an index finds tensors by name and adds up their sizes`() {
    #expect(source.index["w"]?.shape == [2, 2])
    #expect(source.index["nothing"] == nil)
    #expect(source.index.byteCount == 20)
    #expect(source.index.elementCount == 5)
    let twice = TensorIndex([
      TensorDescription(name: "a", dtype: .int8, shape: [1]), TensorDescription(name: "a", dtype: .int8, shape: [2]),
    ])
    #expect(twice["a"]?.shape == [1])
    #expect(twice.tensors.count == 2)
  }

  @Test func `requests that do not fit are refused by name`() {
    var room = [UInt8](repeating: 0, count: 8)
    room.withUnsafeMutableBytes { buffer in
      #expect(throws: TensorSourceError.noSuchTensor("v")) { try source.read("v", elements: 0..<2, into: buffer) }
      #expect(throws: TensorSourceError.outOfRange("w")) { try source.read("w", elements: 3..<5, into: buffer) }
      #expect(throws: TensorSourceError.outOfRange("w")) { try source.read("w", elements: -1..<1, into: buffer) }
      #expect(throws: TensorSourceError.outOfRange("w")) { try source.read("w", elements: 0..<1, into: buffer) }
      #expect(throws: Never.self) { try source.read("w", elements: 1..<3, into: buffer) }
    }
    #expect(room == [0, 0, 0, 64, 0, 0, 64, 64])
    #expect(TensorSourceError.noSuchTensor("v").description == "there is no tensor v")
  }

  @Test func `a region hands on what is released, as long as it lives`() {
    final class Owner: Sendable {}
    nonisolated(unsafe) var released: [Range<Int>] = []
    weak var owner: Owner?
    do {
      let strong = Owner()
      owner = strong
      let region = TensorRegion(bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: strong) {
        released.append($0)
      }
      region.release(1..<3)
      withExtendedLifetime(region) { #expect(owner != nil) }
    }
    #expect(owner == nil)
    #expect(released == [1..<3])
  }
}
