import BraidTesting
import Kernels
import Tensors

/// Random blocks and numbers, the same as `Goldens/make_blocks.py` draws.
enum BlockSamples {
  /// Blocks of random bytes with finite scales.
  static func blocks(_ format: BlockFormat, seed: UInt64, count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let size = format.bytesPerBlock
    var bytes = (0..<count * size).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    for start in stride(from: 0, to: bytes.count, by: size) {
      for offset in format.halves where bytes[start + offset + 1] & 0x7c == 0x7c { bytes[start + offset + 1] &= 0x83 }
    }
    return bytes
  }

  /// About normal numbers with a deviation of √⅓; every 37th is zero.
  static func numbers(seed: UInt64, count: Int) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      let draw = generator.next()
      let total = (0..<4).reduce(0) { $0 + Int(draw >> (16 * UInt64($1)) & 0xffff) }
      return index % 37 == 0 ? 0 : Float(total - 131072) / 65536
    }
  }

  /// FNV-1a over whole values.
  static func sum(_ values: some Sequence<UInt64>) -> UInt64 {
    values.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
  }
}

extension BlockFormat {
  /// Where a block has its float16 numbers.
  fileprivate var halves: [Int] {
    switch self {
    case .q4_0, .q5_0, .q8_0, .iq4_NL, .iq4_XS: [0]
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .q6_K: [208]
    }
  }
}

extension VectorKernels {
  /// The elements of blocks, which are put at an odd address.
  func elements(of bytes: [UInt8], _ format: BlockFormat) -> [Float] {
    let count = bytes.count / format.bytesPerBlock * format.elementsPerBlock
    var floats = [Float](repeating: -1, count: count)
    ([0] + bytes).withUnsafeBytes { raw in
      guard let start = raw.baseAddress else { return }
      toFloat32(from: start + 1, blocks: format, count: count, into: &floats)
    }
    return floats
  }

  /// The blocks that numbers become, made at an odd address.
  func blocks(of numbers: [Float], _ format: BlockFormat) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: 1 + format.byteCount(elements: numbers.count) + 1)
    bytes.withUnsafeMutableBytes { raw in
      guard let start = raw.baseAddress else { return }
      fromFloat32(numbers, blocks: format, count: numbers.count, into: start + 1)
    }
    // Neighbours are left alone.
    return bytes.first == 0xaa && bytes.last == 0xaa ? Array(bytes.dropFirst().dropLast()) : []
  }
}
