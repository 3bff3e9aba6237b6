/// Cuts texts as the well-known patterns of byte-level tokenizers do, without a regular expression.
///
/// Patterns are recognised by their exact text; tests compare the words with those of the regular expressions.
struct WordScanner: Sendable {
  /// How letters are put together.
  private enum Style {
    /// GPT-2: contractions, then runs of letters, digits or signs with a space in front.
    case plain
    /// Llama 3 and Qwen: contractions in any case, then runs of letters with any one character in front.
    case anyLead
    /// Tekken and o200k: a word ends where a small letter is followed by a capital.
    case caseAware
  }

  private var style: Style
  /// The most digits in a word.
  private var digits: Int
  /// Whether contractions end words of the case-aware style.
  private var hasContractions = true
  /// What words of letters are made of.
  private var letters: ScalarClass = .letter
  /// Whether slashes behind signs belong to them as line ends do.
  private var takesSlashes = false

  /// The scanner of GPT-2's words.
  static let gpt2 = WordScanner(style: .plain, digits: .max)

  private static let anyLead =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?LETTERS|\p{N}DIGITS| ?[^\s\p{L}MARKS\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// The pattern of Qwen 2.
  static let qwen2Pattern = anyLead.replacingOnce("LETTERS", #"\p{L}+"#).replacingOnce("MARKS", "")
    .replacingOnce("DIGITS", "")

  /// The pattern of Llama 3, and of tiktoken's `cl100k_base` in other words.
  static let llama3Pattern = anyLead.replacingOnce("LETTERS", #"\p{L}+"#).replacingOnce("MARKS", "")
    .replacingOnce("DIGITS", "{1,3}")
  /// The pattern of tiktoken's `o200k_base`.
  static let o200kPattern = caseAware.replacingOnce("END", contraction).replacingOnce("END", contraction)
    .replacingOnce("DIGITS", "{1,3}")

  private static let contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
  private static let caseAware =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+END|"#
    + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*END|"#
    + #"\p{N}DIGITS| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private init(
    style: Style, digits: Int, hasContractions: Bool = true, letters: ScalarClass = .letter, takesSlashes: Bool = false
  ) {
    self.style = style
    self.digits = digits
    self.hasContractions = hasContractions
    self.letters = letters
    self.takesSlashes = takesSlashes
  }

  /// The known patterns.
  static let known: [(pattern: String, scanner: WordScanner)] = {
    var known = [(PreTokenizer.byteLevelPattern, gpt2)]
    for (count, digits) in [("", 1), ("{1,2}", 2), ("{1,3}", 3)] {
      for hasMarks in [false, true] {
        let pattern = anyLead.replacingOnce("LETTERS", hasMarks ? #"[\p{L}\p{M}]+"# : #"\p{L}+"#)
          .replacingOnce("MARKS", hasMarks ? #"\p{M}"# : "").replacingOnce("DIGITS", count)
        known.append(
          (pattern, WordScanner(style: .anyLead, digits: digits, letters: hasMarks ? [.letter, .mark] : .letter)))
      }
      for hasContractions in [false, true] {
        let end = hasContractions ? contraction : ""
        let pattern = caseAware.replacingOnce("END", end).replacingOnce("END", end).replacingOnce("DIGITS", count)
        known.append(
          (
            pattern,
            WordScanner(style: .caseAware, digits: digits, hasContractions: hasContractions, takesSlashes: true)
          ))
      }
    }
    return known
  }()

  /// The scanner for a pattern, or nil if it is not among the known ones.
  init?(pattern: String) {
    guard let known = Self.known.first(where: { $0.pattern == pattern }) else { return nil }
    self = known.scanner
  }

  /// The end of the word that begins at `start`, which is before the end of the text.
  @inline(__always)
  func end(of start: Int, in text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses) -> Int {
    let scan = Scan(text: text, classes: classes)
    return switch style {
    case .plain: plainEnd(scan, start)
    case .anyLead: anyLeadEnd(scan, start)
    case .caseAware: caseAwareEnd(scan, start)
    }
  }

  @inline(__always)
  private func plainEnd(_ scan: Scan, _ start: Int) -> Int {
    let first = scan.text[start]
    if first == UInt8(ascii: "'"), let end = scan.contraction(start, anyCase: false) { return end }
    let place = first == UInt8(ascii: " ") && start + 1 < scan.text.count ? start + 1 : start
    let (found, length) = scan.at(place)
    if found.contains(.letter) { return scan.run(of: .letter, from: place + length) }
    if found.contains(.number) { return scan.run(of: .number, from: place + length) }
    if !found.contains(.space) { return scan.run(without: [.letter, .number, .space], from: place + length) }
    return scan.spaces(start)
  }

  private func anyLeadEnd(_ scan: Scan, _ start: Int) -> Int {
    let first = scan.text[start]
    if first == UInt8(ascii: "'"), let end = scan.contraction(start, anyCase: true) { return end }
    let (found, length) = scan.at(start)
    let next = start + length
    if !found.isDisjoint(with: letters) { return scan.run(of: letters, from: next) }
    if found.contains(.number) { return scan.digits(from: next, atMost: digits - 1) }
    if !scan.isLineEnd(start), next < scan.text.count {
      let (second, length) = scan.at(next)
      if !second.isDisjoint(with: letters) { return scan.run(of: letters, from: next + length) }
    }
    return signsOrSpaces(scan, start, notSigns: letters.union([.number, .space]))
  }

  private func caseAwareEnd(_ scan: Scan, _ start: Int) -> Int {
    let (found, length) = scan.at(start)
    let isLead = found.isDisjoint(with: [.letter, .number]) && !scan.isLineEnd(start)
    let next = start + length
    if found.contains(.letter) || isLead {
      // The pattern's ways in their order: with and without the character in front, first those in which a word ends
      // with small letters.
      var end: Int?
      if isLead, next < scan.text.count { end = smallEnd(scan, next) }
      end = end ?? smallEnd(scan, start)
      if end == nil, isLead, next < scan.text.count { end = capitalEnd(scan, next) }
      if let end = end ?? capitalEnd(scan, start) {
        return hasContractions && end < scan.text.count && scan.text[end] == UInt8(ascii: "'")
          ? scan.contraction(end, anyCase: true) ?? end : end
      }
    }
    if found.contains(.number) { return scan.digits(from: next, atMost: digits - 1) }
    return signsOrSpaces(scan, start, notSigns: [.letter, .number, .space])
  }

  /// The end of capitals, as many as there are, and at least one small letter; signs that are both may be taken back.
  private func smallEnd(_ scan: Scan, _ start: Int) -> Int? {
    var place = start
    var lastOfBoth: Int?
    while place < scan.text.count {
      let (found, length) = scan.at(place)
      guard found.contains(.opening) else {
        if found.contains(.closing) { return scan.run(of: .closing, from: place + length) }
        break
      }
      place += length
      if found.contains(.closing) { lastOfBoth = place }
    }
    return lastOfBoth
  }

  /// The end of at least one capital, and small letters.
  private func capitalEnd(_ scan: Scan, _ start: Int) -> Int? {
    let end = scan.run(of: .opening, from: start)
    return end == start ? nil : scan.run(of: .closing, from: end)
  }

  private func signsOrSpaces(_ scan: Scan, _ start: Int, notSigns: ScalarClass) -> Int {
    let place = scan.text[start] == UInt8(ascii: " ") ? start + 1 : start
    if place < scan.text.count {
      let (found, length) = scan.at(place)
      if found.isDisjoint(with: notSigns) {
        var end = scan.run(without: notSigns, from: place + length)
        while end < scan.text.count, scan.isLineEnd(end) || takesSlashes && scan.text[end] == UInt8(ascii: "/") {
          end += 1
        }
        return end
      }
    }
    return scan.lines(start) ?? scan.spaces(start)
  }
}

/// A text that is being looked through.
private struct Scan {
  let text: UnsafeBufferPointer<UInt8>
  let classes: ScalarClasses

  @inline(__always)
  func at(_ place: Int) -> (classes: ScalarClass, length: Int) { classes.at(place, text) }

  @inline(__always)
  func isLineEnd(_ place: Int) -> Bool { text[place] == 0x0A || text[place] == 0x0D }

  /// The end of a run of scalars with one of these classes.
  @inline(__always)
  func run(of wanted: ScalarClass, from start: Int) -> Int {
    var place = start
    while place < text.count {
      let (found, length) = at(place)
      if found.isDisjoint(with: wanted) { break }
      place += length
    }
    return place
  }

  /// The end of a run of scalars with none of these classes.
  @inline(__always)
  func run(without unwanted: ScalarClass, from start: Int) -> Int {
    var place = start
    while place < text.count {
      let (found, length) = at(place)
      if !found.isDisjoint(with: unwanted) { break }
      place += length
    }
    return place
  }

  func digits(from start: Int, atMost count: Int) -> Int {
    var place = start
    var left = count
    while place < text.count, left > 0 {
      let (found, length) = at(place)
      guard found.contains(.number) else { break }
      place += length
      left -= 1
    }
    return place
  }

  /// The end of white space: before its last character if a word follows, unless it is the only one.
  func spaces(_ start: Int) -> Int {
    var place = start
    var last = start
    while place < text.count {
      let (found, length) = at(place)
      guard found.contains(.space) else { return last > start ? last : place }
      last = place
      place += length
    }
    return place
  }

  /// The end of the last line end in white space, or nil if there is none.
  func lines(_ start: Int) -> Int? {
    var place = start
    var end: Int?
    while place < text.count {
      let (found, length) = at(place)
      guard found.contains(.space) else { break }
      place += length
      if isLineEnd(place - length) { end = place }
    }
    return end
  }

  /// The end of a contraction that begins with the apostrophe at a place, or nil.
  func contraction(_ start: Int, anyCase: Bool) -> Int? {
    func letter(_ distance: Int) -> UInt8 {
      guard start + distance < text.count else { return 0 }
      let byte = text[start + distance]
      return anyCase && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
    switch letter(1) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return letter(2) == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"): return letter(2) == UInt8(ascii: "l") ? start + 3 : nil
    // The long s is another form of s.
    case 0xC5: return anyCase && letter(2) == 0xBF ? start + 3 : nil
    default: return nil
    }
  }
}

extension String {
  fileprivate func replacingOnce(_ part: String, _ replacement: String) -> String {
    var bytes = Array(utf8)
    let wanted = Array(part.utf8)
    for start in 0...max(0, bytes.count - wanted.count) where bytes[start...].starts(with: wanted) {
      bytes.replaceSubrange(start..<start + wanted.count, with: Array(replacement.utf8))
      break
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
