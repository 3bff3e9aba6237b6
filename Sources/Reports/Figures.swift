internal import Documents
internal import Evaluation

/// Numbers as tables show them.
enum Figures {
  /// Three decimals: `0.748`.
  static func plain(_ value: Double) -> String { Decimal.text(value, decimals: 3) }

  /// Three decimals with a sign, except for nothing: `+0.211`, `-0.030`, `0.000`.
  static func signed(_ value: Double) -> String {
    let text = plain(value)
    return value > 0 && text != plain(0) ? "+" + text : text
  }

  /// The ends of an interval, as short as they can be: `+.180 to +.242`.
  static func interval(_ difference: Difference) -> String {
    short(signed(difference.low)) + " to " + short(signed(difference.high))
  }

  /// A standard error: `±.012`.
  static func error(_ value: Double) -> String { "±" + short(plain(value)) }

  /// The figure without the zero before its point; notes below the figures of a table need not be wider than these.
  private static func short(_ text: String) -> String {
    guard let zero = text.firstIndex(of: "0"), text[..<zero].allSatisfy({ "+-<".contains($0) }),
      text[zero...].dropFirst().first == "."
    else { return text }
    return String(text[..<zero] + text[zero...].dropFirst())
  }

  /// Three significant digits: `0.0748`, `12.3`, `4.10e-7`.
  static func significant(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return Decimal.text(value, decimals: 0) }
    var magnitude = abs(value)
    var exponent = 0
    while magnitude >= 9.995 {
      magnitude /= 10
      exponent += 1
    }
    while magnitude < 0.9995 {
      magnitude *= 10
      exponent -= 1
    }
    if (-4...5).contains(exponent) { return Decimal.text(value, decimals: max(0, 2 - exponent)) }
    return (value < 0 ? "-" : "") + Decimal.text(magnitude, decimals: 2) + "e\(exponent)"
  }

  /// A share as a percentage with one decimal: `8.1 %`.
  static func percent(_ share: Double) -> String { Decimal.text(100 * share, decimals: 1) + " %" }

  /// A p-value: `p 0.042`, and `p <0.001` below that.
  static func probability(_ value: Double) -> String { "p " + bareProbability(value) }

  /// A p-value, and what is left of it after a correction for many models: `p .012/.034`.
  static func probability(_ value: Double, corrected: Double) -> String {
    "p " + [value, corrected].map { short(bareProbability($0)) }.joined(separator: "/")
  }

  private static func bareProbability(_ value: Double) -> String { value < 0.0005 ? "<0.001" : plain(value) }
}
