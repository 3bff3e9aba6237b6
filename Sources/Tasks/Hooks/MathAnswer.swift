internal import Documents

/// Answers to problems of mathematics, as LaTeX writes them.
///
/// Source: the answers' normalisation of Hendrycks et al. 2021 (MATH), as lm-evaluation-harness uses it.
enum MathAnswer {
  /// What the last `\boxed{…}` (or `\fbox{…}`) of a solution holds.
  static func boxed(_ solution: String) -> String? {
    if let spaced = PythonString.split(solution, by: "\\boxed ").dropFirst().last {
      return PythonString.split(spaced, by: "$")[0]
    }
    let bytes = Array(solution.utf8)
    for mark in ["\\boxed{", "\\fbox{"] {
      let mark = Array(mark.utf8)
      guard bytes.count >= mark.count,
        let start = (0...(bytes.count - mark.count)).last(where: { bytes[$0...].starts(with: mark) })
      else { continue }
      var depth = 0
      for index in (start + mark.count - 1)..<bytes.count {
        if bytes[index] == UInt8(ascii: "{") { depth += 1 }
        if bytes[index] == UInt8(ascii: "}") { depth -= 1 }
        if depth == 0 { return String(decoding: bytes[start + mark.count..<index], as: UTF8.self) }
      }
      return nil
    }
    return nil
  }

  /// Whether two answers are the same once their spelling is evened out.
  static func areEquivalent(_ a: String, _ b: String) -> Bool { evened(a).utf8.elementsEqual(evened(b).utf8) }

  /// The answer without what only changes how it looks.
  static func evened(_ answer: String) -> String {
    var text = answer
    for (old, new) in [
      ("\n", ""), ("\\!", ""), ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""), ("\\right", ""),
      ("^{\\circ}", ""), ("^\\circ", ""), ("\\$", ""),
    ] {
      text = PythonString.replace(text, old, new)
    }
    // Units stand at the right.
    text = PythonString.split(text, by: "\\text{ ")[0]
    for (old, new) in [("\\%", ""), (" .", " 0."), ("{.", "{0.")] { text = PythonString.replace(text, old, new) }
    if text.isEmpty { return text }
    if text.hasPrefix(".") { text = "0" + text }
    // A short name and an equals sign before the answer say nothing.
    let sides = PythonString.split(text, by: "=")
    if sides.count == 2, sides[0].unicodeScalars.count <= 2 { text = sides[1] }
    text = PythonString.replace(roots(text), " ", "")
    text = fractions(text)
    if text == "0.5" { text = "\\frac{1}{2}" }
    return slashed(text)
  }

  /// `\sqrt3` as `\sqrt{3}`.
  private static func roots(_ text: String) -> String {
    let parts = PythonString.split(text, by: "\\sqrt")
    return parts.dropFirst().reduce(parts[0]) { text, part in
      guard let first = part.first, first != "{" else { return text + "\\sqrt" + part }
      return text + "\\sqrt{\(first)}" + part.dropFirst()
    }
  }

  /// `\frac12` and `\frac1{72}` with braces.
  private static func fractions(_ text: String) -> String {
    let parts = PythonString.split(text, by: "\\frac")
    var result = parts[0]
    for part in parts.dropFirst() {
      result += "\\frac"
      if part.hasPrefix("{") {
        result += part
        continue
      }
      let characters = Array(part)
      guard characters.count >= 2 else { return text }
      let rest = String(characters[2...])
      result += characters[1] == "{" ? "{\(characters[0])}{" + rest : "{\(characters[0])}{\(characters[1])}" + rest
    }
    return result
  }

  /// `3/4` of two whole numbers as a fraction.
  private static func slashed(_ text: String) -> String {
    let parts = PythonString.split(text, by: "/")
    guard parts.count == 2, let a = Int(parts[0]), let b = Int(parts[1]), "\(a)/\(b)" == text else { return text }
    return "\\frac{\(a)}{\(b)}"
  }
}
