import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct TensorFlowModelTests {
  private static let folder = Fixture.path("formats/hdf5")

  @Test(arguments: ["tf-bert", "tf-gpt2"])
  func `a TensorFlow model of Hugging Face has PyTorch's names and values`(name: String) async throws {
    let model = try ModelFolder.open(Self.folder + "/" + name)
    let expected = try Checkpoint.open(Self.folder + "/\(name)/expected.safetensors")
    #expect(model.checkpoint.format == "HDF5")
    #expect(Set(model.weights.index.tensors) == Set(expected.index.tensors))
    for tensor in expected.index.tensors {
      #expect(try model.weights.bytes(of: tensor.name) == expected.bytes(of: tensor.name), "\(tensor.name)")
    }
    let weights = try #require(model.weights as? DerivedTensors)
    try await TensorSourceContract.check(weights)
  }

  @Test func `what Keras itself wrote keeps its names`() throws {
    for file in ["keras2-weights.h5", "keras2-model.h5", "keras3.weights.h5"] {
      let model = try ModelFolder.open(Self.folder + "/" + file)
      #expect(model.weights.index == model.checkpoint.index)
    }
  }

  @Test(
    arguments: [
      ([3, 4], [1, 0]), ([2, 3, 4], [2, 1, 0]), ([3, 2, 5, 4], [3, 2, 0, 1]), ([2, 3, 4], [0, 2, 1]), ([5], [0]),
      ([], []),
      ([3, 4], [0, 1]), ([1, 4], [1, 0]),
    ] as [([Int], [Int])])
  func `every range of a transposed tensor is what the definition says`(shape: [Int], permutation: [Int]) throws {
    for dtype in [DType.uint8, .bfloat16, .float32, .float64] {
      let description = TensorDescription(name: "x", dtype: dtype, shape: Shape(shape))
      let bytes = (0..<description.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 251) }
      let turned = try #require(TransposedTensor(description, permutation: permutation))
      let count = description.shape.elementCount
      let size = dtype.byteCount
      let expected = (0..<count).flatMap { element -> [UInt8] in
        var rest = element
        var place = shape
        for axis in permutation.indices.reversed() {
          place[permutation[axis]] = rest % shape[permutation[axis]]
          rest /= shape[permutation[axis]]
        }
        let number = zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }
        return Array(bytes[number * size..<(number + 1) * size])
      }
      // From memory that is at hand, and from a source that only copies.
      let folder = try TemporaryFolder()
      let file = try folder.write("x.safetensors", SafetensorsMaker.file([(description, bytes)]))
      let sources: [any TensorSource] = [MemorySource([(description, bytes)]), try Checkpoint.open(file)]
      for source in sources {
        for start in 0..<count {
          for end in start + 1...count {
            var room = [UInt8](repeating: 0, count: (end - start) * size)
            try room.withUnsafeMutableBytes { try turned.read(start..<end, from: source, into: $0) }
            if room != Array(expected[start * size..<end * size]) {
              Issue.record("elements \(start) to \(end) of \(dtype)")
              return
            }
          }
        }
      }
    }
  }

  @Test func `a permutation has each extent once`() {
    let description = TensorDescription(name: "x", dtype: .float32, shape: [2, 3])
    for wrong in [[0], [0, 0], [1, 2], [0, 1, 2]] {
      #expect(TransposedTensor(description, permutation: wrong) == nil)
    }
  }
}
