import Batches
import Documents
import Synchronization

/// Tells on standard error how a run goes.
final class RunProgress: Sendable {
  private struct State {
    var label = ""
    var line: ProgressLine?
    var done = 0
  }

  private let isQuiet: Bool
  private let state = Mutex(State())

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Shows an event; called from any thread.
  func show(_ event: RunEvent) {
    switch event {
    case .failed(let model, let message):
      clearLine()
      // Diagnostics of a spec bring their own places and lines.
      Terminal.note(message.contains(": error: ") ? "\(model) failed:\n\(message)" : "error: \(model): \(message)")
    case .remark(let model, let text):
      clearLine()
      if !isQuiet { Terminal.note("\(model):\n\(text)") }
    case .reused(let model): note("\(model): nothing has changed, taken from the last run")
    case .loading(let model): note("\(model): loading")
    case .merging(let model, let done, let total): advance("\(model): merging", .bytes, done, total)
    case .scoring(let model, let done, let total): advance("\(model): scoring", .things("tokens"), done, total)
    case .scored(let model, 0, _): note("\(model): all answers were known")
    case .scored(let model, let tokens, let seconds):
      let rate = seconds > 0 ? Int(Double(tokens) / seconds) : 0
      note("\(model): computed \(tokens) tokens in \(Decimal.text(seconds, decimals: 2)) s (\(rate) tokens/s)")
    }
  }

  private func note(_ text: String) {
    clearLine()
    if !isQuiet { Terminal.note(text) }
  }

  private func advance(_ label: String, _ unit: ProgressLine.Unit, _ done: Int, _ total: Int) {
    guard !isQuiet else { return }
    state.withLock { state in
      if state.label != label {
        state.line?.clear()
        state.line = ProgressLine(label: label, total: total, unit: unit)
        state.label = label
        state.done = 0
      }
      // Reports of several threads may overtake each other.
      guard done > state.done else { return }
      state.line?.advance(done - state.done)
      state.done = done
    }
  }

  private func clearLine() {
    state.withLock { state in
      state.line?.clear()
      state = State()
    }
  }
}
