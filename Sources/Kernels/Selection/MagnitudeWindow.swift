internal import CKernels

/// A range of magnitude patterns in which a threshold is expected, and a few patterns in it that many magnitudes share.
public struct MagnitudeWindow: Sendable, Hashable {
  /// The range of bit patterns.
  public var patterns: Range<UInt32>
  /// Patterns that are counted apart from the rest, at most ``maximumSpikes``.
  public var spikes: [UInt32]

  /// How many spikes a window can have.
  public static let maximumSpikes = Int(BRAID_SPIKES)

  /// Describes a window.
  public init(patterns: Range<UInt32>, spikes: [UInt32]) {
    self.patterns = patterns
    self.spikes = spikes
  }
}

/// What a worker has seen of a window.
public final class MagnitudeWindowCount: @unchecked Sendable {
  // Written by the one worker that owns it until it is merged under the executor's lock.

  /// The window.
  public let window: MagnitudeWindow
  /// How many magnitudes lie above the window.
  public private(set) var above = 0
  /// The patterns in the window that are not spikes, in no particular order.
  public private(set) var others: [UInt32] = []

  /// Counts nothing yet.
  public init(window: MagnitudeWindow) { self.window = window }

  /// How many windows can be looked through at once.
  public static let together = Int(BRAID_WINDOWS)

  /// Looks at a block of differences, of float32 or of bfloat16 elements as they are stored, or of magnitudes in float32
  /// if there is no base, with several windows at once.
  ///
  /// - Parameter counts: at most ``together``.
  /// - Returns: for each window how many magnitudes are equal to each spike.
  public static func count(
    _ x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool = false, count: Int,
    into counts: ArraySlice<MagnitudeWindowCount>, with kernels: VectorKernels
  ) -> [[Int]] {
    guard counts.count <= together else { return [] }
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: together * (count + 16)) { room in
      let windows = counts.map(\.window.plain)
      var seen = counts.indices.map { index in
        braid_window_count(
          above: 0, equal: (0, 0, 0, 0), others_count: 0,
          others: room.baseAddress.map { $0 + (index - counts.startIndex) * (count + 16) })
      }
      kernels.table.pointee.magnitude_windows(base, x, bfloat16 ? 1 : 0, count, windows, windows.count, &seen)
      for (place, found) in zip(counts, seen) {
        place.above += Int(found.above)
        place.others += UnsafeBufferPointer(start: found.others, count: found.others_count)
      }
      return seen.map { [Int($0.equal.0), Int($0.equal.1), Int($0.equal.2), Int($0.equal.3)] }
    }
  }

  /// Adds what another worker has seen.
  public func add(_ other: MagnitudeWindowCount) {
    above += other.above
    others += other.others
  }
}

extension MagnitudeWindow {
  fileprivate var plain: braid_window {
    let spikes = spikes + Array(repeating: 0, count: Self.maximumSpikes - self.spikes.count)
    return braid_window(
      begin: patterns.lowerBound, end: patterns.upperBound, spikes: (spikes[0], spikes[1], spikes[2], spikes[3]),
      spikes_count: self.spikes.count)
  }
}
