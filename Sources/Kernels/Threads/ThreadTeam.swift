private import Dispatch
private import Synchronization

/// A number of threads that share the items of one step of a computation.
///
/// Which thread takes which item is left to chance, so no result may depend on it.
public struct ThreadTeam: Sendable {
  /// How many items are worked on at once.
  public let count: Int

  /// Makes a team of at least one thread.
  public init(count: Int) { self.count = max(1, count) }

  /// Calls `body` once on each lane with a function that hands out the next item, until all items `0..<total` are
  /// taken; returns when every lane is done.
  ///
  /// - Throws: the first error; items that have not begun by then are left out.
  public func share(_ total: Int, _ body: @Sendable (_ lane: Int, _ next: () -> Int?) throws -> Void) throws {
    let lanes = min(count, total)
    let taken = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      do {
        try body(lane) {
          let item = taken.wrappingAdd(1, ordering: .relaxed).oldValue
          return item < total ? item : nil
        }
      } catch {
        failure.withLock { if $0 == nil { $0 = error } }
        taken.store(total, ordering: .relaxed)
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Calls `body` for every item, each on one of the lanes `0..<count`, and returns when all are done.
  ///
  /// - Throws: the first error; items that have not begun by then are left out.
  public func run(_ total: Int, _ body: @Sendable (_ lane: Int, _ item: Int) throws -> Void) throws {
    if min(count, total) <= 1 {
      for item in 0..<total { try body(0, item) }
    } else {
      try share(total) { lane, next in
        while let item = next() { try body(lane, item) }
      }
    }
  }

  /// Calls `body` for ranges of at most `size` that make up `0..<total`.
  public func run(
    _ total: Int, by size: Int, _ body: @Sendable (_ lane: Int, _ range: Range<Int>) throws -> Void
  ) throws {
    try run((total + size - 1) / size) { lane, item in
      try body(lane, item * size..<min(total, (item + 1) * size))
    }
  }
}
