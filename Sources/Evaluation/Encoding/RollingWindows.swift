/// Cuts a token sequence into windows of a model's length so that each token is scored exactly once.
///
/// The first window follows the prefix token. Later windows score the next `length` tokens with the one token before
/// them as context; the last window is slid left to full length, so that its few tokens see as much as possible.
/// Source: lm-evaluation-harness 0.4.13, `get_rolling_token_windows` with `context_len` 1 and
/// `make_disjoint_window`.
enum RollingWindows {
  static func of(_ tokens: [Int], prefix: Int, length: Int) -> [(context: [Int], continuation: [Int])] {
    guard !tokens.isEmpty, length > 0 else { return [] }
    var windows: [(context: [Int], continuation: [Int])] = []
    var done = min(length, tokens.count)
    windows.append(([prefix], Array(tokens[..<done])))
    while done < tokens.count {
      let end = min(done + length, tokens.count)
      let start = max(0, end - length - 1)
      windows.append((Array(tokens[start..<done]), Array(tokens[done..<end])))
      done = end
    }
    return windows
  }
}
