internal import CKernels

/// Which differences to the base one model contributes to a block; magnitudes are compared as float32 bit patterns.
public struct DifferenceCut: Sendable, Hashable {
  /// The factor of the model's differences, which counts in the divisor too.
  public var weight: Float
  /// A factor of the differences that does not count in the divisor.
  public var scale: Float
  /// Differences with larger magnitudes are kept, all of them if it is −1.
  public var keepAbove: Int32
  /// Of those with exactly that magnitude, how many are kept, in order; `Int.max` keeps all.
  public var keepEqual: Int
  /// Kept differences with larger magnitudes are dropped again.
  public var dropAbove: Int32
  /// Of those with exactly that magnitude, how many are dropped, in order; `Int.max` drops all.
  public var dropEqual: Int
  /// With ``SignElection/Consensus/participants``: a factor of the model's differences where no other model has any.
  public var alone: Float

  /// A cut; without limits it keeps everything.
  public init(
    weight: Float, scale: Float = 1, keepAbove: Int32 = -1, keepEqual: Int = 0, dropAbove: Int32 = .max,
    dropEqual: Int = 0, alone: Float = 1
  ) {
    self.weight = weight
    self.scale = scale
    self.keepAbove = keepAbove
    self.keepEqual = keepEqual
    self.dropAbove = dropAbove
    self.dropEqual = dropEqual
    self.alone = alone
  }
}

/// How the differences of several models become one.
public struct SignElection: Sendable, Hashable {
  /// Which differences count.
  public enum Consensus: Int32, Sendable, Hashable {
    /// All of them.
    case none = 0
    /// Those with the sign of the weighted sum; a sum of zero counts as positive.
    case sum = 1
    /// Those with the sign that most models have; a draw counts as positive.
    case count = 2
    /// Those that are not zero: like all of them, but others' weights do not count in the divisor.
    case participants = 3
    /// Those with the sign of the sum, in which all differences have the same weight; a sum of zero counts as positive.
    case unweightedSum = 4
  }

  /// Which differences count.
  public var consensus: Consensus
  /// Whether to divide by the sum of the weights that counted; a sum of zero divides by one.
  public var normalizes: Bool
  /// The factor of the result.
  public var lambda: Float

  /// An election rule.
  public init(consensus: Consensus, normalizes: Bool, lambda: Float) {
    self.consensus = consensus
    self.normalizes = normalizes
    self.lambda = lambda
  }

  /// The most models that can take part.
  public static let maximumModels = 64
}

extension VectorKernels {
  /// Computes base + λ·m over a block, m being the elected mean or sum of the models' kept, weighted differences.
  ///
  /// With pᵢ = wᵢ·keepᵢ(xᵢ − base): s = sign Σ pᵢ, m = Σ pᵢ[sign pᵢ = s], divided, if the rule normalizes, by
  /// Σ wᵢ[sign pᵢ = s]. Zeros never agree with a sign. All in float32, in the order of the models.
  ///
  /// - Parameters:
  ///   - inputs: one pointer per model, at most ``SignElection/maximumModels``.
  ///   - cuts: one per model.
  public func elect(
    from base: UnsafePointer<Float>, _ inputs: UnsafeBufferPointer<UnsafePointer<Float>>, cuts: [DifferenceCut],
    rule: SignElection, into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress, cuts.count == inputs.count, inputs.count <= SignElection.maximumModels
    else { return }
    let plain = cuts.map(\.plain)
    let election = braid_election(
      consensus: rule.consensus.rawValue, normalize: rule.normalizes ? 1 : 0, lambda: rule.lambda)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, inputs.count) * 256) { scratch in
      inputs.withMemoryRebound(to: UnsafePointer<Float>?.self) { pointers in
        table.pointee.elect(
          base, pointers.baseAddress, plain, inputs.count, election, scratch.baseAddress, target, output.count)
      }
    }
  }

  /// The same for bfloat16 elements as they are stored, where no tie is split in the block and the models are few.
  ///
  /// - Returns: how many elements, from the first on, were computed; the rest is left to the float32 form.
  public func elect(
    fromBFloat16 base: UnsafePointer<UInt16>, _ inputs: UnsafeBufferPointer<UnsafePointer<UInt16>>,
    cuts: [DifferenceCut], rule: SignElection, into output: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    guard let target = output.baseAddress, cuts.count == inputs.count else { return 0 }
    let election = braid_election(
      consensus: rule.consensus.rawValue, normalize: rule.normalizes ? 1 : 0, lambda: rule.lambda)
    return inputs.withMemoryRebound(to: UnsafePointer<UInt16>?.self) { pointers in
      table.pointee.elect_bfloat16(
        base, pointers.baseAddress, cuts.map(\.plain), inputs.count, election, target, output.count)
    }
  }

  /// For each model, at how many positions of a block its difference alone exceeds a magnitude, and at how many others
  /// do so as well.
  public func countParticipants(
    from base: UnsafePointer<Float>, _ inputs: UnsafeBufferPointer<UnsafePointer<Float>>, above magnitude: Float,
    count: Int
  ) -> [(alone: Int, shared: Int)] {
    guard inputs.count <= SignElection.maximumModels else { return [] }
    var counts = Array(repeating: UInt64(0), count: 2 * inputs.count)
    inputs.withMemoryRebound(to: UnsafePointer<Float>?.self) { pointers in
      table.pointee.count_participants(
        base, pointers.baseAddress, inputs.count, abs(magnitude).bitPattern, count, &counts)
    }
    return inputs.indices.map { (Int(counts[2 * $0]), Int(counts[2 * $0 + 1])) }
  }

  /// Adds the magnitudes |x − base| of a block: all of them, and those that a cut keeps; in float64.
  public func sumMagnitudes(
    _ x: UnsafePointer<Float>, base: UnsafePointer<Float>, count: Int, cut: DifferenceCut
  ) -> (all: Double, kept: Double) {
    var plain = cut.plain
    var sums = (0.0, 0.0)
    withUnsafeMutablePointer(to: &sums) { pointer in
      pointer.withMemoryRebound(to: Double.self, capacity: 2) {
        table.pointee.magnitude_sums(base, x, &plain, count, $0)
      }
    }
    return sums
  }
}

extension DifferenceCut {
  fileprivate var plain: braid_cut {
    braid_cut(
      weight: weight, scale: scale, keep_above: keepAbove, keep_equal: keepEqual, drop_above: dropAbove,
      drop_equal: dropEqual, alone: alone)
  }
}
