internal import Documents

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The corpus BLEU of sacrebleu with its defaults: tokenizer 13a, up to four words, exponential smoothing.
///
/// Words can be split by the tokenizer `intl` instead.
///
/// Source: Papineni et al. 2002; Post 2018 and the documentation of sacrebleu.
package enum BLEU {
  private static let order = 4

  /// Matches and totals for each order, and the lengths of text and reference.
  package static func terms(_ text: String, references: [String], isInternational: Bool = false) -> [Double] {
    let tokens = isInternational ? internationalTokens : tokens
    let words = tokens(text)
    let options = references.map(tokens)
    var terms = [Double](repeating: 0, count: 2 * order + 2)
    for length in 1...order {
      let own = NGrams.counts(words, length)
      var most: [[String]: Int] = [:]
      for option in options { most.merge(NGrams.counts(option, length)) { max($0, $1) } }
      terms[length - 1] = own.reduce(0) { $0 + Double(min($1.value, most[$1.key] ?? 0)) }
      terms[order + length - 1] = Double(max(0, words.count - length + 1))
    }
    let nearest = options.map(\.count).min { a, b in
      (abs(a - words.count), a) < (abs(b - words.count), b)
    }
    terms[2 * order] = Double(words.count)
    terms[2 * order + 1] = Double(nearest ?? 0)
    return terms
  }

  /// The score in percent for sums of terms.
  package static func score(_ sums: [Double]) -> Double {
    guard sums[0..<order].contains(where: { $0 > 0 }) else { return 0 }
    var logarithms = 0.0
    var smoothing = 1.0
    for index in 0..<order {
      let (right, total) = (sums[index], sums[order + index])
      guard total > 0 else { return 0 }
      if right == 0 { smoothing *= 2 }
      logarithms += log(right == 0 ? 100 / (smoothing * total) : 100 * right / total)
    }
    let (length, reference) = (sums[2 * order], sums[2 * order + 1])
    let penalty = length < reference ? (length > 0 ? exp(1 - reference / length) : 0) : 1
    return penalty * exp(logarithms / Double(order))
  }

  // MARK: Words

  /// The words as mteval-v13a splits them.
  static func tokens(_ text: String) -> [String] {
    var text = text
    for (old, new) in [
      ("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"),
    ] {
      text = PythonString.replace(text, old, new)
    }
    var scalars = Array(" \(text) ".unicodeScalars)
    scalars = scalars.flatMap { isSymbol($0) ? [" ", $0, " "] : [$0] }
    scalars = spaced(scalars) { before, mark in !isDigit(before) && isPoint(mark) ? [before, " ", mark, " "] : nil }
    scalars = spaced(scalars) { mark, after in isPoint(mark) && !isDigit(after) ? [" ", mark, " ", after] : nil }
    scalars = spaced(scalars) { before, mark in isDigit(before) && mark == "-" ? [before, " ", mark, " "] : nil }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return PythonString.words(String(view))
  }

  /// The words as mteval-v14 splits them for any script: at punctuation that does not stand between numbers, and at
  /// symbols.
  static func internationalTokens(_ text: String) -> [String] {
    var scalars = Array(PythonString.strip(text, nil, left: false).unicodeScalars)
    scalars = spaced(scalars) { before, mark in
      !isNumber(before) && isPunctuation(mark) ? [before, " ", mark, " "] : nil
    }
    scalars = spaced(scalars) { mark, after in isPunctuation(mark) && !isNumber(after) ? [" ", mark, " ", after] : nil }
    scalars = scalars.flatMap { isSign($0) ? [" ", $0, " "] : [$0] }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return PythonString.words(String(view))
  }

  private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
    [.decimalNumber, .letterNumber, .otherNumber].contains(scalar.properties.generalCategory)
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
    [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol].contains(scalar.properties.generalCategory)
  }

  /// Replaces pairs from left to right, without overlaps.
  private static func spaced(
    _ scalars: [Unicode.Scalar], _ replacement: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]?
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < scalars.count {
      if index + 1 < scalars.count, let pair = replacement(scalars[index], scalars[index + 1]) {
        result += pair
        index += 2
      } else {
        result.append(scalars[index])
        index += 1
      }
    }
    return result
  }

  private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
    default: false
    }
  }

  private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }
  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}

/// Runs of elements and how often they occur.
enum NGrams {
  static func counts<Element: Hashable>(_ elements: [Element], _ length: Int) -> [[Element]: Int] {
    guard elements.count >= length else { return [:] }
    var counts: [[Element]: Int] = [:]
    for start in 0...(elements.count - length) { counts[Array(elements[start..<start + length]), default: 0] += 1 }
    return counts
  }
}
