import Documents
import Foundation

/// What the benches say and how.
enum Figures {
  /// The value in the middle, or between the two in the middle.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// A figure with two decimals.
  static func text(_ value: Double) -> String { Decimal.text(value, decimals: 2) }

  /// Says something on standard error.
  static func note(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }
}
