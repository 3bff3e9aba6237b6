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
    guard let zero = text.firstIndex(of: "0"), text[..<zero].allSatisfy({ "+-".contains($0) }),
      text[zero...].dropFirst().first == "."
    else { return text }
    return String(text[..<zero] + text[zero...].dropFirst())
  }

  /// A p-value: `p 0.042`, and `p <0.001` below that.
  static func probability(_ value: Double) -> String { value < 0.0005 ? "p <0.001" : "p " + plain(value) }
}
