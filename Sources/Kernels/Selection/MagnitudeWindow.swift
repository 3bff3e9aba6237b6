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
  private var room: [UInt32] = []

  /// Counts nothing yet.
  public init(window: MagnitudeWindow) { self.window = window }

  /// Looks at a block of differences, of float32 or of bfloat16 elements as they are stored.
  ///
  /// - Returns: how many magnitudes are equal to each spike.
  public func count(
    _ x: UnsafeRawPointer, base: UnsafeRawPointer, bfloat16: Bool = false, count: Int, with kernels: VectorKernels
  ) -> [Int] {
    record(count) { kernels.table.pointee.magnitude_window(base, x, bfloat16 ? 1 : 0, count, $0, $1, $2, $3) }
  }

  private typealias Out = UnsafeMutablePointer<UInt32>

  private func record(
    _ count: Int, _ look: (UnsafePointer<braid_window>, _ above: Out, _ equal: Out, _ others: Out) -> Int
  ) -> [Int] {
    if room.count < count + 16 { room = Array(repeating: 0, count: count + 16) }
    let spikes = window.spikes + Array(repeating: .max, count: MagnitudeWindow.maximumSpikes - window.spikes.count)
    var plain = braid_window(
      begin: window.patterns.lowerBound, end: window.patterns.upperBound,
      spikes: (spikes[0], spikes[1], spikes[2], spikes[3]))
    var larger: UInt32 = 0
    var equal: [UInt32] = [0, 0, 0, 0]
    let found = look(&plain, &larger, &equal, &room)
    above += Int(larger)
    others += room[0..<found]
    return equal.map(Int.init)
  }

  /// Adds what another worker has seen.
  public func add(_ other: MagnitudeWindowCount) {
    above += other.above
    others += other.others
  }
}
