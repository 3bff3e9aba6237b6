/// Texts as sequences of code points, with the rules of Python's `str`.
package enum PythonString {
  /// Takes characters away at the ends: white space, or those of a set.
  package static func strip(
    _ text: String, _ characters: String? = nil, left: Bool = true, right: Bool = true
  ) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func goes(_ scalar: Unicode.Scalar) -> Bool { set.map { $0.contains(scalar) } ?? scalar.isBlank }
    var part = text.unicodeScalars[...]
    if left { part = part.drop(while: goes) }
    if right { while let last = part.last, goes(last) { part.removeLast() } }
    return part.count == text.unicodeScalars.count ? text : String(Substring(part))
  }

  /// Whether the first character is white space.
  package static func beginsWithBlank(_ text: String) -> Bool { text.unicodeScalars.first?.isBlank ?? false }

  /// Whether the last character is white space.
  package static func endsWithBlank(_ text: String) -> Bool { text.unicodeScalars.last?.isBlank ?? false }

  /// Where a text stands in another, in bytes from `start` on; the empty text stands everywhere.
  package static func find(_ part: [UInt8], in text: [UInt8], from start: Int = 0) -> Int? {
    guard part.count <= text.count - start else { return nil }
    guard let first = part.first else { return start }
    var place = start
    let last = text.count - part.count
    while place <= last {
      if text[place] == first, text[place..<place + part.count].elementsEqual(part) { return place }
      place += 1
    }
    return nil
  }

  /// Whether a text stands in another.
  package static func contains(_ text: String, _ part: String) -> Bool {
    find(Array(part.utf8), in: Array(text.utf8)) != nil
  }

  /// How often a text that is not empty stands in another, without overlaps.
  package static func count(_ part: String, in text: String) -> Int {
    let (bytes, part) = (Array(text.utf8), Array(part.utf8))
    var count = 0
    var start = 0
    while let place = find(part, in: bytes, from: start) {
      count += 1
      start = place + part.count
    }
    return count
  }

  /// The pieces between separators, at most `limit` cuts from the left.
  package static func split(_ text: String, by separator: String, limit: Int = .max) -> [String] {
    let (bytes, part) = (Array(text.utf8), Array(separator.utf8))
    var pieces: [String] = []
    var start = 0
    while pieces.count < limit, let place = find(part, in: bytes, from: start) {
      pieces.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + part.count
    }
    pieces.append(String(decoding: bytes[start...], as: UTF8.self))
    return pieces
  }

  /// The pieces between separators, at most `limit` cuts from the right.
  package static func splitFromRight(_ text: String, by separator: String, limit: Int = .max) -> [String] {
    let (bytes, part) = (Array(text.utf8), Array(separator.utf8))
    var pieces: [String] = []
    var end = bytes.count
    while pieces.count < limit {
      var place = end - part.count
      while place >= 0, !bytes[place..<place + part.count].elementsEqual(part) { place -= 1 }
      guard place >= 0 else { break }
      pieces.append(String(decoding: bytes[(place + part.count)..<end], as: UTF8.self))
      end = place
    }
    pieces.append(String(decoding: bytes[..<end], as: UTF8.self))
    return pieces.reversed()
  }

  /// The words between white space, at most `limit` cuts.
  package static func words(_ text: String, limit: Int = .max, fromRight: Bool = false) -> [String] {
    var scalars = Array(text.unicodeScalars)
    if fromRight { scalars.reverse() }
    var words: [String] = []
    var place = 0
    while true {
      while place < scalars.count, scalars[place].isBlank { place += 1 }
      guard place < scalars.count else { break }
      var end = place
      if words.count >= limit {
        words.append(word(scalars[place...], fromRight))
        break
      }
      while end < scalars.count, !scalars[end].isBlank { end += 1 }
      words.append(word(scalars[place..<end], fromRight))
      place = end
    }
    return fromRight ? words.reversed() : words
  }

  private static func word(_ scalars: ArraySlice<Unicode.Scalar>, _ isReversed: Bool) -> String {
    isReversed ? String(scalars: scalars.reversed()) : String(scalars: scalars)
  }

  /// The lines of a text, with or without their ends.
  package static func lines(_ text: String, keepsEnds: Bool) -> [String] {
    let ends: Set<Unicode.Scalar> = [
      "\n", "\r", "\u{B}", "\u{C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}",
    ]
    let scalars = Array(text.unicodeScalars)
    var lines: [String] = []
    var start = 0
    var place = 0
    while place < scalars.count {
      guard ends.contains(scalars[place]) else {
        place += 1
        continue
      }
      var next = place + 1
      if scalars[place] == "\r", next < scalars.count, scalars[next] == "\n" { next += 1 }
      lines.append(String(scalars: scalars[start..<(keepsEnds ? next : place)]))
      start = next
      place = next
    }
    if start < scalars.count { lines.append(String(scalars: scalars[start...])) }
    return lines
  }

  /// The text with a part replaced, at most `limit` times; an empty part stands between all characters.
  package static func replace(_ text: String, _ old: String, _ new: String, limit: Int = .max) -> String {
    guard old.isEmpty else { return split(text, by: old, limit: limit).joined(separator: new) }
    guard limit > 0 else { return text }
    var result = new
    var count = 1
    for scalar in text.unicodeScalars {
      result.unicodeScalars.append(scalar)
      if count < limit {
        result += new
        count += 1
      }
    }
    return result
  }

  // MARK: Case

  /// The text in large letters.
  package static func upper(_ text: String) -> String { mapped(text) { $0.properties.uppercaseMapping } }
  /// The text in small letters.
  package static func lower(_ text: String) -> String { mapped(text) { $0.properties.lowercaseMapping } }

  private static func mapped(_ text: some Sequence<Unicode.Scalar>, _ mapping: (Unicode.Scalar) -> String) -> String {
    var result = ""
    for scalar in text { result += mapping(scalar) }
    return result
  }

  private static func mapped(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
    mapped(text.unicodeScalars, mapping)
  }

  /// The first character large, the others small.
  package static func capitalize(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "" }
    return first.properties.titlecaseMapping
      + mapped(text.unicodeScalars.dropFirst()) { $0.properties.lowercaseMapping }
  }

  /// Every run of letters with a large first one.
  package static func title(_ text: String) -> String {
    var isInside = false
    return mapped(text) { scalar in
      defer { isInside = scalar.properties.isCased }
      return isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
    }
  }

  /// Every word with a large first letter, as the `title` filter has it.
  package static func titleWords(_ text: String) -> String {
    var startsWord = true
    return mapped(text) { scalar in
      let isBreak = scalar.isBlank || "-({[<".unicodeScalars.contains(scalar)
      defer { startsWord = isBreak }
      if isBreak { return String(scalar) }
      return startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
    }
  }

  /// The text with large letters made small, and small ones large.
  package static func swapCase(_ text: String) -> String {
    mapped(text) { scalar in
      if scalar.properties.isUppercase { return scalar.properties.lowercaseMapping }
      return scalar.properties.isLowercase ? scalar.properties.uppercaseMapping : String(scalar)
    }
  }

  /// Whether a text is not empty and all of its characters are of a kind.
  package static func all(_ text: String, _ test: (Unicode.Scalar) -> Bool) -> Bool {
    !text.isEmpty && text.unicodeScalars.allSatisfy(test)
  }

  /// Whether a text has letters with case, and all of them are large, or all small.
  package static func isCased(_ text: String, upper: Bool) -> Bool {
    var found = false
    for scalar in text.unicodeScalars where scalar.properties.isCased {
      guard upper ? scalar.properties.isUppercase : scalar.properties.isLowercase else { return false }
      found = true
    }
    return found
  }

  // MARK: Width

  /// The text filled up to a width, by a share of the missing characters on the left.
  package static func pad(_ text: String, to width: Int, with fill: Unicode.Scalar, left: (Int) -> Int) -> String {
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    let before = left(missing)
    return String(scalars: Array(repeating: fill, count: before)) + text
      + String(scalars: Array(repeating: fill, count: missing - before))
  }

  /// The text filled up to a width by zeros behind its sign.
  package static func zeroFill(_ text: String, to width: Int) -> String {
    let hasSign = text.hasPrefix("-") || text.hasPrefix("+")
    let digits = hasSign ? String(text.dropFirst()) : text
    return (hasSign ? text.prefix(1) : "") + pad(digits, to: width - (hasSign ? 1 : 0), with: "0") { $0 }
  }
}

extension String {
  /// A text of code points.
  package init(scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self = String(view)
  }
}

extension Unicode.Scalar {
  /// Whether Python takes the character for white space: Unicode's, and the four separators U+001C to U+001F.
  @inlinable package var isBlank: Bool {
    if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value) }
    return properties.isWhitespace
  }
  /// Whether Python takes the character for a letter.
  package var isAlphabetic: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
  /// Whether the character is a decimal digit of any script.
  package var isDecimal: Bool { properties.numericType == .decimal }
  /// Whether the character is a digit of any script, superscripts included.
  package var isDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }
  /// Whether the character stands for a number.
  package var isNumeric: Bool { properties.numericType != nil }
}
