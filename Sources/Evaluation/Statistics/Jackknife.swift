/// Standard errors from how much each prompt moves a value.
enum Jackknife {
  /// √(Σ(uᵢ − ū)² / (n−1) / n), or nil for fewer than two prompts.
  static func standardError(_ influences: [Double]) -> Double? {
    let count = Double(influences.count)
    guard count > 1 else { return nil }
    let mean = influences.reduce(0, +) / count
    let squares = influences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / (count - 1) / count).squareRoot()
  }
}
