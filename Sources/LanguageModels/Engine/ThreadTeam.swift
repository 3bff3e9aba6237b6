private import Dispatch
private import Synchronization

/// A number of threads that share the items of one step of a computation.
struct ThreadTeam: Sendable {
  /// How many items are worked on at once.
  let count: Int

  init(count: Int) { self.count = max(1, count) }

  /// Calls `body` for every item, each on one of the lanes `0..<count`, and returns when all are done.
  ///
  /// - Throws: the first error; items that have not begun by then are left out.
  func run(_ total: Int, _ body: @Sendable (_ lane: Int, _ item: Int) throws -> Void) throws {
    let lanes = min(count, total)
    guard lanes > 1 else {
      for item in 0..<total { try body(0, item) }
      return
    }
    let taken = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      while true {
        let item = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        guard item < total else { return }
        do {
          try body(lane, item)
        } catch {
          failure.withLock { if $0 == nil { $0 = error } }
          taken.store(total, ordering: .relaxed)
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Calls `body` for ranges of at most `size` that make up `0..<total`.
  func run(_ total: Int, by size: Int, _ body: @Sendable (_ lane: Int, _ range: Range<Int>) throws -> Void) throws {
    try run((total + size - 1) / size) { lane, item in
      try body(lane, item * size..<min(total, (item + 1) * size))
    }
  }
}
