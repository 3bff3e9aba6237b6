internal import CKernels
private import Synchronization

/// Counts of difference magnitudes |x − base| by the upper or lower part of their float32 bit pattern.
///
/// The patterns of non-negative floats are ordered like the floats themselves. So two histograms, of the upper 15
/// bits and then of the lower 16 within one bin, find the k-th largest magnitude exactly, in O(N) and without a sort.
public final class MagnitudeHistogram: @unchecked Sendable {
  // The counters are written by the one worker that owns the histogram until it is merged under the executor's lock.

  /// Which bits are counted.
  public enum Level: Sendable, Hashable {
    /// The upper 15 bits of every magnitude.
    case upper
    /// The lower 16 bits of the magnitudes whose upper 15 are `prefix`.
    case lower(prefix: UInt32)
  }

  /// Which bits are counted.
  public let level: Level
  private let counters: UnsafeMutablePointer<UInt32>
  private var binCount: Int { level == .upper ? Int(BRAID_HISTOGRAM_BINS) : Int(BRAID_REFINED_BINS) }
  private var copies: Int { level == .upper ? Int(BRAID_HISTOGRAM_COPIES) : 1 }

  // Half a megabyte each, used by every worker for every tensor: fresh pages would cost more than the counting.
  private static let capacity = Int(BRAID_HISTOGRAM_BINS) * Int(BRAID_HISTOGRAM_COPIES)
  // A spare has no owner but the pool, whose lock guards it.
  private struct Spare: @unchecked Sendable { var counters: UnsafeMutablePointer<UInt32> }
  private static let pool = Mutex<[Spare]>([])

  /// An empty histogram.
  public init(level: Level) {
    self.level = level
    let spare = Self.pool.withLock { $0.popLast() }
    counters = spare?.counters ?? .allocate(capacity: Self.capacity)
    counters.update(repeating: 0, count: Self.capacity)
  }

  deinit {
    let spare = Spare(counters: counters)
    Self.pool.withLock { $0.append(spare) }
  }

  /// Counts a block of differences, or of magnitudes in float32 if there is no base. One histogram counts at most 2³² − 1
  /// elements.
  ///
  /// - Returns: at the lower level, how many of the block's magnitudes are the prefix followed by zeros; else 0.
  @discardableResult
  public func count(
    _ x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool = false, count: Int, with kernels: VectorKernels
  ) -> Int {
    let half: Int32 = bfloat16 ? 1 : 0
    switch level {
    case .upper:
      kernels.table.pointee.magnitude_histogram(base, x, half, count, counters)
      return 0
    case .lower(let prefix): return kernels.table.pointee.magnitude_refinement(base, x, half, count, prefix, counters)
    }
  }

  /// The counts, one per bin, as 64-bit numbers added to `totals`.
  public func add(to totals: inout [Int]) {
    if totals.isEmpty { totals = Array(repeating: 0, count: binCount) }
    totals.withUnsafeMutableBufferPointer { totals in
      for bin in 0..<totals.count {
        for copy in 0..<copies { totals[bin] &+= Int(counters[bin &* copies &+ copy]) }
      }
    }
  }

  /// The bin that holds the element of a rank when bins are walked from the largest magnitude down, and how many
  /// elements lie in larger bins; nil if there are fewer than `rank` elements.
  public static func bin(ofRank rank: Int, in totals: [Int]) -> (bin: Int, above: Int)? {
    var above = 0
    for bin in totals.indices.reversed() {
      if above + totals[bin] >= rank { return (bin, above) }
      above += totals[bin]
    }
    return nil
  }
}

extension VectorKernels {
  /// How many differences of a block, or magnitudes in float32 if there is no base, have exactly this pattern.
  public func countEqual(
    _ x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool = false, count: Int, pattern: UInt32
  ) -> Int {
    table.pointee.magnitude_count_equal(base, x, bfloat16 ? 1 : 0, count, pattern)
  }

  /// Selects the magnitudes above a pattern and the first few that have it, but no zeros: their bits are set and the
  /// others cleared, sixteen to a word from the lowest on.
  public func selectLargest(
    of magnitudes: UnsafePointer<Float>, count: Int, above pattern: Int32, equal: Int,
    into bits: UnsafeMutablePointer<UInt16>
  ) {
    table.pointee.select_largest(magnitudes, count, pattern, equal, bits)
  }
}
