import Documents
import Synchronization

/// How far a piece of work is: a line that rewrites itself on a terminal, a plain line now and then elsewhere.
final class ProgressLine: Sendable {
  /// What is counted.
  enum Unit: Sendable {
    case bytes
    case things(String)
  }

  private struct State {
    var done = 0
    var shownAt: ContinuousClock.Instant
    var shownLength = 0
  }

  private let label: String
  private let total: Int
  private let unit: Unit
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  init(label: String, total: Int, unit: Unit) {
    self.label = label
    self.total = total
    self.unit = unit
    state = Mutex(State(shownAt: start))
  }

  /// Counts work done; called from any thread, as often as one likes.
  func advance(_ amount: Int) {
    state.withLock { state in
      state.done += amount
      let now = ContinuousClock.now
      guard now - state.shownAt >= (Terminal.isWatched ? .milliseconds(100) : .seconds(10)) else { return }
      state.shownAt = now
      show(&state, now)
    }
  }

  /// Leaves the last state of the line on the terminal.
  func finish() {
    state.withLock { state in
      guard Terminal.isWatched else { return }
      show(&state, ContinuousClock.now)
      Terminal.write("\n")
    }
  }

  /// Takes the line off the terminal, for a summary to stand in its place.
  func clear() {
    state.withLock { state in
      guard Terminal.isWatched, state.shownLength > 0 else { return }
      Terminal.write("\r" + String(repeating: " ", count: state.shownLength) + "\r")
      state.shownLength = 0
    }
  }

  private func show(_ state: inout State, _ now: ContinuousClock.Instant) {
    let seconds = max((now - start) / .seconds(1), 1e-3)
    let rate = Double(state.done) / seconds
    var line = "\(label) \(amount(state.done)) of \(amount(total))"
    if total > 0 { line += " (\(min(100, state.done * 100 / total))%)" }
    line += ", \(amount(Int(rate)))/s"
    if state.done < total, rate > 0 { line += ", \(Self.duration(Double(total - state.done) / rate)) left" }
    guard Terminal.isWatched else { return Terminal.note(line) }
    let padding = String(repeating: " ", count: max(0, state.shownLength - line.count))
    state.shownLength = line.count
    Terminal.write("\r" + line + padding)
  }

  private func amount(_ count: Int) -> String {
    switch unit {
    case .bytes: ByteCount.text(count)
    case .things(let name): "\(count) \(name)"
    }
  }

  /// A duration in the two largest units that matter: `1 h 4 min`, `35 s`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
