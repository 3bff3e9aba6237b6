internal import CKernels

/// Which differences to the base one model keeps, by chance; the chance may depend on the difference's rank.
///
/// The bits for element i are mix(key + (i+1)·0x9e3779b97f4a7c15), mix being SplitMix64's: a function of the key and the
/// element alone, so that threads, blocks and CPUs cannot show in a result.
public struct RandomDraw: Sendable {
  /// The stream of random bits.
  public var key: UInt64
  /// Magnitudes in ascending order. An element above a of them and not below b of them has the rank a + b.
  public var levels: [Float]
  /// 2³² times the chance of rank 0 to be kept, see ``threshold(_:)``.
  public var threshold: UInt64
  /// How much more it is with each rank.
  public var step: UInt64

  /// A draw in which every element has the same chance.
  public init(key: UInt64, probability: Double) {
    self.init(key: key, levels: [], threshold: Self.threshold(probability), step: 0)
  }

  /// A draw in which the chance depends on the rank.
  public init(key: UInt64, levels: [Float], threshold: UInt64, step: UInt64) {
    self.key = key
    self.levels = levels
    self.threshold = threshold
    self.step = step
  }

  /// 2³² times a probability, which is clamped to 0...1.
  public static func threshold(_ probability: Double) -> UInt64 {
    UInt64((min(1, max(0, probability)) * 0x1p32).rounded())
  }

  /// The key for a model's part in a tensor: mix(mix(seed ⊕ FNV-1a(tensor name)) + model).
  public static func key(seed: UInt64, tensor: String, model: Int) -> UInt64 {
    let name = tensor.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return mix(mix(seed ^ name) &+ UInt64(model))
  }

  private static func mix(_ bits: UInt64) -> UInt64 {
    var z = bits &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension VectorKernels {
  /// Finds out which differences of a piece of a block chance keeps: their bits are set, sixteen to a word from the lowest
  /// on; other bits stay as they are.
  ///
  /// - Parameters:
  ///   - x: the piece's elements, which matter where there are levels.
  ///   - base: what they are differences to; without a base they are magnitudes in float32.
  ///   - first: the flat index of the piece's first element, on which chance depends.
  ///   - place: which bit is that of the first element.
  public func draw(
    _ draw: RandomDraw, _ x: UnsafeRawPointer?, base: UnsafeRawPointer?, bfloat16: Bool = false, first: Int, count: Int,
    place: Int, into bits: UnsafeMutablePointer<UInt16>
  ) {
    draw.levels.withUnsafeBufferPointer { levels in
      var plain = braid_draw(
        key: draw.key, levels: levels.baseAddress, levels_count: levels.count, threshold: draw.threshold,
        step: draw.step)
      table.pointee.draw(base, x, &plain, UInt64(first), bfloat16 ? 1 : 0, count, place, bits)
    }
  }
}
