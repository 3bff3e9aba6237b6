private import Synchronization

/// The largest error that each change of an element's type has made.
///
/// A class, because many threads write to it.
public final class RoundingErrors: Sendable {
  /// What one kind of change has cost at worst.
  public struct Entry: Hashable, Sendable {
    /// What the elements were.
    public var from: String
    /// What they became.
    public var to: String
    /// The largest difference between an element and what was stored for it.
    public var largest: Double
    /// How many finite elements became infinite.
    public var overflows: Int
    /// The tensor in which the largest difference was found.
    public var tensor: String
  }

  /// The worst of a run of elements.
  struct Worst {
    var largest = 0.0
    var overflows = 0

    /// Compares elements with what was stored for them.
    mutating func take(_ exact: UnsafePointer<Float>, storedAs stored: UnsafePointer<Float>, count: Int) {
      var worst: Float = 0
      for i in 0..<count {
        let error = abs(exact[i] - stored[i])
        // NaN compares as false: those have no error.
        if error > worst { worst = error }
      }
      if worst.isFinite { return largest = max(largest, Double(worst)) }
      for i in 0..<count { take(Double(exact[i]), storedAs: Double(stored[i])) }
    }

    /// Compares an element with what was stored for it; those that are not finite have no error.
    mutating func take(_ exact: Double, storedAs stored: Double) {
      guard exact.isFinite else { return }
      guard stored.isFinite else { return overflows += 1 }
      largest = max(largest, abs(exact - stored))
    }
  }

  private struct Key: Hashable {
    var from: String
    var to: String
  }

  private let state = Mutex<[Key: Entry]>([:])

  /// What has been found so far, sorted by types.
  public var entries: [Entry] {
    state.withLock { $0.values.sorted { ($0.from, $0.to) < ($1.from, $1.to) } }
  }

  func take(_ worst: Worst, from: String, to: String, tensor: String) {
    state.withLock { state in
      var entry =
        state[Key(from: from, to: to)]
        ?? Entry(from: from, to: to, largest: -1, overflows: 0, tensor: tensor)
      // Of equal errors the first name counts, so that the order of the threads does not show.
      if worst.largest > entry.largest || worst.largest == entry.largest && tensor < entry.tensor {
        entry.largest = worst.largest
        entry.tensor = tensor
      }
      entry.overflows += worst.overflows
      state[Key(from: from, to: to)] = entry
    }
  }
}
