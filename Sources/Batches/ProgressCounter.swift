internal import Synchronization

/// Adds up amounts of work done, reported from any thread.
final class ProgressCounter: Sendable {
  private let total: Int
  private let report: @Sendable (Int, Int) -> Void
  private let done = Mutex(0)

  init(total: Int, report: @escaping @Sendable (Int, Int) -> Void) {
    self.total = total
    self.report = report
  }

  func advance(_ amount: Int) {
    let sum = done.withLock { done in
      done += amount
      return done
    }
    report(min(sum, total), total)
  }
}
