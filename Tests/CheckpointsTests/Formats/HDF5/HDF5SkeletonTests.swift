import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct HDF5SkeletonTests {
  /// The whole file: pieces, and each tensor's bytes at its place.
  private func assemble(_ skeleton: HDF5Skeleton, _ contents: [[UInt8]]) -> [UInt8] {
    var file = [UInt8](repeating: 0, count: skeleton.fileSize)
    for (range, bytes) in zip(skeleton.data, contents) { file.replaceSubrange(range, with: bytes) }
    for piece in skeleton.pieces {
      file.replaceSubrange(piece.offset..<piece.offset + piece.bytes.count, with: piece.bytes)
    }
    return file
  }

  @Test func `every dtype and shape comes back from a file without a donor`() throws {
    var tensors = DType.allCases.map {
      TensorDescription(name: "group/\($0.rawValue)/x:0", dtype: $0, shape: [3, 2])
    }
    tensors += [
      TensorDescription(name: "scalar", dtype: .float32, shape: []),
      TensorDescription(name: "empty", dtype: .float32, shape: [0, 2]),
      TensorDescription(name: "large", dtype: .bfloat16, shape: [300, 40]),
    ]
    let contents = tensors.map { tensor in (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: $0 % 2) } }
    let skeleton = try HDF5Skeleton.make(tensors)
    #expect(try HDF5Skeleton.make(tensors).pieces == skeleton.pieces)
    let folder = try TemporaryFolder()
    let checkpoint = try Checkpoint.open(try folder.write("x.h5", assemble(skeleton, contents)))
    #expect(Set(checkpoint.index.tensors) == Set(tensors))
    for (tensor, bytes) in zip(tensors, contents) {
      #expect(try checkpoint.bytes(of: tensor.name) == bytes, "\(tensor.name)")
      if tensor.byteCount > 0 { #expect(checkpoint.location(of: tensor.name)?.storage == nil) }
    }
  }

  @Test(arguments: ["keras3.weights", "keras2-model", "dtypes"])
  func `a donor gives groups and attributes`(name: String) throws {
    let donor = try Checkpoint.open(Fixture.path("formats/hdf5/\(name).h5"))
    let file = try #require(donor.files.first)
    // One in another dtype, as after a merge.
    var tensors = donor.index.tensors
    tensors[0].dtype = .bfloat16
    let contents = try tensors.enumerated().map { number, tensor in
      number == 0 ? [UInt8](repeating: 1, count: tensor.byteCount) : try donor.bytes(of: tensor.name)
    }
    let skeleton = try HDF5Skeleton.make(tensors, donor: file.file.bytes)
    let folder = try TemporaryFolder()
    let made = try Checkpoint.open(try folder.write("x.h5", assemble(skeleton, contents)))
    #expect(Set(made.index.tensors) == Set(tensors))
    for (tensor, bytes) in zip(tensors, contents) { #expect(try made.bytes(of: tensor.name) == bytes) }
    let attributes = try #require(made.files.first).contents.metadata
    #expect(
      attributes
        == file.contents.metadata.filter { !$0.value.contains("left out") && !$0.value.contains("not a tensor") })
  }

  @Test func `a donor that is no HDF5 file is an error`() {
    let bytes = [UInt8](repeating: 1, count: 100)
    #expect(throws: HDF5ListingError.self) {
      try bytes.withUnsafeBytes { try HDF5Skeleton.make([], donor: $0) }
    }
  }
}
