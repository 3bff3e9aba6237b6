import BraidTesting
import Kernels
import Tensors
import Testing

/// Blocks against what the gguf package makes of them (`Goldens/make_blocks.py`), bit for bit.
@Suite struct BlockGoldenTests {
  private static let folder = Fixture.packageRoot + "/Tests/KernelsTests/Blocks/Goldens/"

  @Test(arguments: BlockFormat.allCases) func `blocks become the reference's elements`(format: BlockFormat) throws {
    let golden = try Files.bytes(Self.folder + format.rawValue + ".bin")
    let sizeWithElements = format.bytesPerBlock + 4 * format.elementsPerBlock
    try #require(golden.count % sizeWithElements == 0)
    let blockBytes = golden.count / sizeWithElements * format.bytesPerBlock
    let patterns = stride(from: blockBytes, to: golden.count, by: 4).map { start in
      golden[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for kernels in VectorKernels.all {
      let elements = kernels.elements(of: Array(golden[..<blockBytes]), format).map(\.bitPattern)
      let wrong = zip(elements, patterns).enumerated().first { $0.element.0 != $0.element.1 }
      #expect(elements.count == patterns.count && wrong == nil, "\(kernels.name)")
    }
  }

  @Test func `hundreds of random blocks of every format become the reference's elements`() throws {
    let sums = try sums("dequantize")
    #expect(sums.count == BlockFormat.allCases.count)
    for (seed, format) in Self.order.enumerated() {
      let blocks = BlockSamples.blocks(format, seed: UInt64(seed), count: 400)
      for kernels in VectorKernels.all {
        let sum = BlockSamples.sum(kernels.elements(of: blocks, format).lazy.map { UInt64($0.bitPattern) })
        #expect(String(sum, radix: 16) == sums[format.rawValue], "\(format.rawValue) with \(kernels.name)")
      }
    }
  }

  @Test func `numbers become the reference's blocks in the formats that it quantises`() throws {
    let sums = try sums("quantize")
    #expect(sums.count == 5)
    for (seed, format) in Self.order.prefix(5).enumerated() {
      let numbers = BlockSamples.numbers(seed: 100 + UInt64(seed), count: 400 * format.elementsPerBlock)
      for kernels in VectorKernels.all {
        let sum = BlockSamples.sum(kernels.blocks(of: numbers, format).lazy.map(UInt64.init))
        #expect(String(sum, radix: 16) == sums[format.rawValue], "\(format.rawValue) with \(kernels.name)")
      }
    }
  }

  // MARK: Means

  /// The script's order, which gives the seeds.
  private static let order: [BlockFormat] = [
    .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL, .iq4_XS,
  ]

  private func sums(_ direction: String) throws -> [String: String] {
    let lines = try Files.text(Self.folder + "sums.txt").split(separator: "\n").map { $0.split(separator: " ") }
    let pairs = lines.filter { $0.count == 3 && $0[0] == direction }.map { fields in
      (String(fields[1]), String(fields[2].drop { $0 == "0" }))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
