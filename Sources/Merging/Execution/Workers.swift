private import Dispatch
private import Synchronization

/// Runs the bands of a pass on a fixed number of threads.
struct Workers: Sendable {
  /// How many threads work at once.
  let count: Int

  /// Calls `body` once per worker with a number for the worker and a function that hands out the next index, until
  /// all indices below `total` are taken; returns when every worker is done.
  ///
  /// - Throws: the error of the first worker that failed; the others stop at their next index.
  func run(
    total: Int, _ body: @Sendable (_ worker: Int, _ next: () -> Int?) throws -> Void
  ) throws {
    let workers = min(count, total)
    let taken = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      do {
        try body(worker) {
          if failure.withLock({ $0 != nil }) { return nil }
          let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
          return index < total ? index : nil
        }
      } catch {
        failure.withLock { if $0 == nil { $0 = error } }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
