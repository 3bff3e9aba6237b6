import BraidTesting
import Checkpoints
import Tensors
import Testing

/// Elements on their way to files that store them in another form.
@Suite struct StoredFormTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes tensors in pieces of so many elements, the last piece first, and opens the result.
  private func write(
    _ tensors: [(description: TensorDescription, bytes: [UInt8])], _ options: OutputOptions, pieces: Int,
    to name: String
  ) throws -> (model: ModelFolder, errors: [RoundingErrors.Entry]) {
    try folder.write("donor/model.safetensors", SafetensorsMaker.file([]))
    let donor = try ModelFolder.open(folder("donor"))
    let layout = try options.layout(of: tensors.map(\.description), donor: donor, configuration: nil)
    let writer = try CheckpointWriter(destination: folder(name), layout: layout, fingerprint: "", mode: .fresh)
    for (number, tensor) in tensors.enumerated().reversed() {
      let size = pieces * tensor.description.dtype.byteCount
      for start in stride(from: 0, to: tensor.bytes.count, by: size).reversed() {
        try tensor.bytes[start..<min(start + size, tensor.bytes.count)].withUnsafeBytes {
          try writer.write($0, tensor: number, byteOffset: start)
        }
      }
      try writer.finished(tensor: number)
    }
    try writer.finish()
    return (try ModelFolder.open(folder(name)), writer.roundingErrors.entries)
  }

  private func bytes(_ values: [some BitwiseCopyable]) -> [UInt8] { values.withUnsafeBytes(Array.init) }

  @Test func `a float64 is rounded once, integers never, and the cost is that of the float64`() throws {
    // Halfway between two halves, and a little more than float32 can tell: rounded twice it would become 1.
    let value = 1 + 0x1p-11 + 0x1p-40
    let tensors = [
      (TensorDescription(name: "w", dtype: .float64, shape: [3]), bytes([value, -value, 1e6])),
      (TensorDescription(name: "n", dtype: .int64, shape: [2]), bytes([Int64.max, 1 << 53 + 1])),
      (TensorDescription(name: "b", dtype: .bool, shape: [2]), [0, 1] as [UInt8]),
    ]
    let written = try write(tensors, OutputOptions(dtype: .float16), pieces: 2, to: "out")
    let next: Float16 = 1 + 0x1p-10
    #expect(try written.model.checkpoint.bytes(of: "w") == bytes([next, -next, .infinity]))
    #expect(try written.model.checkpoint.bytes(of: "n") == tensors[1].1)
    #expect(try written.model.checkpoint.bytes(of: "b") == tensors[2].1)
    #expect(written.errors.count == 1)
    let error = try #require(written.errors.first)
    #expect(error.from == "float64" && error.to == "float16" && error.tensor == "w")
    #expect(error.largest == 0x1p-11 - 0x1p-40 && error.overflows == 1)
  }

  @Test func `every floating-point dtype becomes every other as one conversion of the whole would have it`() throws {
    let floats = (0..<5000).map { Float($0 - 2500) * 0.37 }
    for from in DType.allCases where from.isFloatingPoint {
      let description = TensorDescription(name: "w", dtype: from, shape: [floats.count])
      var stored = [UInt8](repeating: 0, count: description.byteCount)
      for (place, value) in floats.enumerated() {
        stored.withUnsafeMutableBytes { Self.store(value, as: from, in: $0, at: place) }
      }
      for to in DType.allCases where to.isFloatingPoint {
        let name = "\(from)-\(to)"
        let written = try write([(description, stored)], OutputOptions(dtype: to), pieces: 1024, to: name)
        let whole = try write([(description, stored)], OutputOptions(dtype: to), pieces: 1 << 20, to: name + "-whole")
        #expect(try written.model.checkpoint.bytes(of: "w") == whole.model.checkpoint.bytes(of: "w"), "\(name)")
        #expect(written.errors == whole.errors, "\(name)")
        #expect(written.errors.first?.largest == 0 || to.byteCount <= from.byteCount, "\(name)")
      }
    }
  }

  private static func store(_ value: Float, as dtype: DType, in bytes: UnsafeMutableRawBufferPointer, at place: Int) {
    switch dtype {
    case .float64: bytes.storeBytes(of: Double(value) * 1.000000001, toByteOffset: place * 8, as: Double.self)
    case .float32: bytes.storeBytes(of: value, toByteOffset: place * 4, as: Float.self)
    case .float16: bytes.storeBytes(of: Float16(value), toByteOffset: place * 2, as: Float16.self)
    case .bfloat16:
      bytes.storeBytes(of: UInt16(value.bitPattern >> 16), toByteOffset: place * 2, as: UInt16.self)
    default: bytes[place] = UInt8(place % 120)
    }
  }

  @Test(arguments: [OutputOptions.Format.pytorch, .npz])
  func `an archive states the checksums of its entries, whatever the order of the pieces`(
    format: OutputOptions.Format
  ) throws {
    // More than two pieces as digests count them, and one that is no multiple of anything.
    let elements = (0..<1_300_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let tensors = [
      (TensorDescription(name: "w", dtype: .uint8, shape: [elements.count]), elements),
      (TensorDescription(name: "none", dtype: .uint8, shape: [0]), []),
    ]
    var files: [[UInt8]] = []
    // The last is read back from the file.
    for (number, pieces) in [524_288, 1 << 30, 100_000].enumerated() {
      let written = try write(tensors, OutputOptions(format: format), pieces: pieces, to: "out\(number)")
      let found = try CheckpointVerification(of: written.model, threads: 1)
      #expect(found.isSound, "\(found.findings)")
      #expect(written.model.checkpoint.files[0].contents.checksums.count >= 1)
      files.append(try Files.bytes(written.model.checkpoint.files[0].path))
    }
    #expect(files[1] == files[0] && files[2] == files[0])
  }
}
