private import Dispatch
private import Synchronization

/// Where what happens on other threads is collected by the one that waits for it.
final class Mailbox<Content: Sendable>: Sendable {
  private let letters = Mutex<[(ticket: Int, content: Content)]>([])
  private let arrivals = DispatchSemaphore(value: 0)

  /// Leaves something.
  func post(_ ticket: Int, _ content: Content) {
    letters.withLock { $0.append((ticket, content)) }
    arrivals.signal()
  }

  /// The next letter, or nil if none comes until a time.
  func next(until time: ContinuousClock.Instant) -> (ticket: Int, content: Content)? {
    let seconds = max(0, (time - ContinuousClock().now) / .seconds(1))
    guard arrivals.wait(timeout: .now() + seconds) == .success else { return nil }
    return letters.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
