/// How much of its kind a value is, shown to the eye.
enum Heat {
  private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]
  /// Colours of a terminal with 256 of them, from pale yellow to red; black can be read on all.
  private static let colours = [230, 229, 222, 215, 208, 202, 196]

  /// A shade for texts without colours.
  static func shade(_ heat: Double) -> Character { step(heat, of: shades) }

  /// The text on a colour.
  static func coloured(_ text: String, _ heat: Double) -> String {
    "\u{1B}[38;5;16;48;5;\(step(heat, of: colours))m\(text)\u{1B}[0m"
  }

  /// The colour in a style sheet.
  static func css(_ heat: Double) -> String {
    let heat = min(1, max(0, heat))
    return "rgb(255,\(255 - Int(150 * heat)),\(255 - Int(205 * heat)))"
  }

  private static func step<Element>(_ heat: Double, of steps: [Element]) -> Element {
    // What is not a number has no heat.
    let place = heat > 0 ? min(1, heat) * Double(steps.count - 1) : 0
    return steps[Int(place.rounded())]
  }
}
