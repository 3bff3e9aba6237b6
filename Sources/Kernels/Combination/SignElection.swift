internal import CKernels

/// How the differences of several models become one.
public struct SignElection: Sendable, Hashable {
  /// Which differences count.
  public enum Consensus: Sendable, Hashable {
    /// All of them.
    case none
    /// Those with the sign of the sum.
    case sum
    /// Those with the sign that most models have.
    case count
    /// Those that are not zero: like all of them, but others' weights do not count in the divisor.
    case participants
    /// All of them, but only where their sum is of use to at least so many models: to those whose own difference exceeds
    /// ``DifferenceCut/alone`` times the rest of the sum.
    case useful(atLeast: Int)
  }

  /// What the result is divided by; zero counts as one.
  public enum Divisor: Int32, Sendable, Hashable {
    /// Nothing.
    case one = 0
    /// The sum of the weights that counted.
    case weights = 1
    /// The number of differences that counted.
    case number = 2
  }

  /// Which differences count.
  public var consensus: Consensus
  /// Whether differences elect a sign before they are weighted.
  public var isUnweighted: Bool
  /// Whether a draw elects minus; else plus.
  public var drawIsNegative: Bool
  /// Whether the largest of the differences that count is taken rather than their sum.
  public var takesLargest: Bool
  /// What the result is divided by.
  public var divisor: Divisor
  /// The factor of the result.
  public var lambda: Float

  /// An election rule.
  public init(
    consensus: Consensus, isUnweighted: Bool = false, drawIsNegative: Bool = false, takesLargest: Bool = false,
    divisor: Divisor, lambda: Float
  ) {
    self.consensus = consensus
    self.isUnweighted = isUnweighted
    self.drawIsNegative = drawIsNegative
    self.takesLargest = takesLargest
    self.divisor = divisor
    self.lambda = lambda
  }

  /// The most models that can take part.
  public static let maximumModels = Int(BRAID_MODELS)
}

extension VectorKernels {
  /// Computes base + λ·m over a block, m being what the models' kept, weighted differences become by a rule.
  ///
  /// With pᵢ = wᵢ·keepᵢ(xᵢ − base) and the sum as consensus: s = sign Σ pᵢ, m = Σ pᵢ[sign pᵢ = s], divided by
  /// Σ wᵢ[sign pᵢ = s]. Zeros never agree with a sign. All in float32, in the order of the models.
  ///
  /// - Parameters:
  ///   - inputs: one pointer per model, at most ``SignElection/maximumModels``.
  ///   - bfloat16: whether base and inputs are bfloat16 as stored; else they are float32.
  ///   - cuts: one per model.
  public func elect(
    from base: UnsafeRawPointer, _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false,
    cuts: [DifferenceCut], rule: SignElection, into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress, cuts.count == inputs.count, inputs.count <= SignElection.maximumModels
    else { return }
    var election = rule.plain
    DifferenceCut.withPlain(cuts) { plain in
      inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
        table.pointee.elect(
          base, pointers.baseAddress, plain, inputs.count, &election, bfloat16 ? 1 : 0, target, output.count)
      }
    }
  }

  /// At how many positions of a block the sum of the models' kept, unweighted differences is positive, less at how many
  /// it is negative.
  public func signBalance(
    from base: UnsafeRawPointer, _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false,
    cuts: [DifferenceCut], count: Int
  ) -> Int {
    guard cuts.count == inputs.count, inputs.count <= SignElection.maximumModels else { return 0 }
    return DifferenceCut.withPlain(cuts) { plain in
      inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
        Int(table.pointee.sign_balance(base, pointers.baseAddress, plain, inputs.count, bfloat16 ? 1 : 0, count))
      }
    }
  }

  /// For each model, at how many positions of a block its difference alone exceeds a magnitude, and at how many others
  /// do so as well.
  public func countParticipants(
    from base: UnsafeRawPointer, _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false,
    above magnitude: Float, count: Int
  ) -> [(alone: Int, shared: Int)] {
    guard inputs.count <= SignElection.maximumModels else { return [] }
    var counts = Array(repeating: UInt64(0), count: 2 * inputs.count)
    inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
      table.pointee.count_participants(
        base, pointers.baseAddress, inputs.count, abs(magnitude).bitPattern, bfloat16 ? 1 : 0, count, &counts)
    }
    return inputs.indices.map { (Int(counts[2 * $0]), Int(counts[2 * $0 + 1])) }
  }

  /// Adds the magnitudes |x − base| of a block: all of them, and those that a cut keeps, with their squares if `squared`;
  /// in float64. Without a base the magnitudes are x, in float32.
  public func sumMagnitudes(
    _ x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool = false, count: Int, cut: DifferenceCut,
    squared: Bool = true
  ) -> MagnitudeSums {
    var sums = [0.0, 0, 0]
    DifferenceCut.withPlain([cut]) { plain in
      table.pointee.magnitude_sums(base, x, plain, squared ? 1 : 0, bfloat16 ? 1 : 0, count, &sums)
    }
    return MagnitudeSums(all: sums[0], kept: sums[1], keptSquares: squared ? sums[2] : 0)
  }
}

/// Sums over the magnitudes of differences.
public struct MagnitudeSums: Sendable, Hashable {
  /// The sum of all.
  public var all = 0.0
  /// The sum of those that are kept.
  public var kept = 0.0
  /// The sum of the squares of those that are kept, if it was asked for.
  public var keptSquares = 0.0

  /// The sums.
  public init(all: Double = 0, kept: Double = 0, keptSquares: Double = 0) {
    self.all = all
    self.kept = kept
    self.keptSquares = keptSquares
  }

  /// Adds sums over what follows.
  public mutating func add(_ next: MagnitudeSums) {
    all += next.all
    kept += next.kept
    keptSquares += next.keptSquares
  }
}

extension SignElection {
  fileprivate var plain: braid_election {
    var election = braid_election()
    switch consensus {
    case .none: election.vote = Int32(BRAID_VOTE_NONE)
    case .sum: election.vote = Int32(BRAID_VOTE_SUM)
    case .count: election.vote = Int32(BRAID_VOTE_COUNT)
    case .participants: election.vote = Int32(BRAID_VOTE_PARTICIPANTS)
    case .useful(let quorum):
      election.vote = Int32(BRAID_VOTE_USEFUL)
      election.quorum = Int32(clamping: quorum)
    }
    election.unweighted = isUnweighted ? 1 : 0
    election.zero_is_negative = drawIsNegative ? 1 : 0
    election.largest = takesLargest ? 1 : 0
    election.divisor = divisor.rawValue
    election.lambda = lambda
    return election
  }
}
