internal import CKernels

/// Finds magnitudes at evenly spaced ranks of long rows, one row after the other.
public final class RowLevels: @unchecked Sendable {
  // Used by one worker at a time; the counters are zero between calls.
  private let counters: UnsafeMutablePointer<UInt32>

  /// The most levels that a row can have.
  public static let maximumLevels = Int(BRAID_LEVELS)

  /// Counts nothing yet.
  public init() {
    counters = .allocate(capacity: Int(BRAID_HISTOGRAM_BINS))
    counters.initialize(repeating: 0, count: Int(BRAID_HISTOGRAM_BINS))
  }

  deinit { counters.deallocate() }

  /// Finds magnitudes near the ranks (2·level + 1)/(2·levels) of a row, in ascending order, to within 1/128 of their size.
  ///
  /// - Parameters:
  ///   - x: the row; without a base it has magnitudes in float32.
  ///   - count: less than 2²⁴ and at least the number of levels.
  ///   - levels: room for at most ``maximumLevels``.
  public func find(
    in x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool = false, count: Int,
    into levels: UnsafeMutableBufferPointer<Float>, with kernels: VectorKernels
  ) {
    guard let target = levels.baseAddress, count >= levels.count, count < 1 << 24, levels.count <= Self.maximumLevels
    else { return }
    kernels.table.pointee.row_levels(base, x, bfloat16 ? 1 : 0, count, target, levels.count, counters)
  }
}
