internal import Patterns

/// A regular expression over UTF-8 bytes, as tokenizer files use them.
///
/// Tokenizer files are written for Oniguruma with Unicode classes; ``translated(_:)`` states where PCRE2 would differ.
struct TextPattern: Sendable {
  /// The pattern as it was given.
  let source: String
  private let expression: RegularExpression

  /// Compiles a pattern; the error is PCRE2's message and the offset in the translated pattern.
  init(_ pattern: String) throws(TextPatternError) {
    source = pattern
    let translated = try Self.translated(pattern)
    do throws(RegularExpressionError) {
      expression = try RegularExpression(translated)
    } catch {
      throw TextPatternError(message: error.message, offset: error.offset)
    }
  }

  /// The matches in a range of a text, as ``RegularExpression/matches(in:)`` finds them.
  func matches(in text: UnsafeBufferPointer<UInt8>) throws(TextPatternError) -> [Range<Int>] {
    do throws(RegularExpressionError) {
      return try expression.matches(in: text)
    } catch {
      throw TextPatternError(message: error.message, offset: error.offset)
    }
  }

  /// Spells out the classes in which the two dialects differ.
  ///
  /// `\s` is Unicode's White_Space in Oniguruma (PCRE2 adds U+180E); `\w` has letters, marks, digits, letter numbers,
  /// connectors, letters in circles and squares, and the raised digits and fractions of Latin-1 (PCRE2 before 10.43
  /// has neither marks nor connectors but the underscore); `\h` is a hexadecimal digit. Sets within sets, which only
  /// Oniguruma has, are refused.
  static func translated(_ pattern: String) throws(TextPatternError) -> String {
    let space = #"\x{09}-\x{0D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"#
    let word =
      #"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}"#
      + #"\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}"#
    let hexadecimal = "0-9A-Fa-f"
    var result = ""
    var isInSet = false
    let scalars = Array(pattern.unicodeScalars)
    var index = 0
    func refuse(_ what: String) -> TextPatternError {
      TextPatternError(message: "\(what) is not supported", offset: index)
    }
    while index < scalars.count {
      defer { index += 1 }
      switch scalars[index] {
      case "\\" where index + 1 < scalars.count:
        index += 1
        switch scalars[index] {
        case "s": result += isInSet ? space : "[\(space)]"
        case "S" where !isInSet: result += "[^\(space)]"
        case "w": result += isInSet ? word : "[\(word)]"
        case "W" where !isInSet: result += "[^\(word)]"
        case "h": result += isInSet ? hexadecimal : "[\(hexadecimal)]"
        case "H" where !isInSet: result += "[^\(hexadecimal)]"
        case "W", "H": throw refuse("\\\(scalars[index]) in a set")
        default:
          result += "\\"
          result.unicodeScalars.append(scalars[index])
        }
      case "[" where isInSet:
        // A class by name, `[:alpha:]`, is the one bracket that both dialects know inside a set.
        guard index + 1 < scalars.count, scalars[index + 1] == ":",
          let end = scalars[index...].firstIndex(of: "]"), scalars[end - 1] == ":"
        else { throw refuse("a set within a set") }
        for scalar in scalars[index...end] { result.unicodeScalars.append(scalar) }
        index = end
      case "&" where isInSet && index + 1 < scalars.count && scalars[index + 1] == "&":
        throw refuse("the intersection of sets")
      case "[":
        isInSet = true
        result += "["
      case "]":
        isInSet = false
        result += "]"
      default: result.unicodeScalars.append(scalars[index])
      }
    }
    return result
  }

  /// A pattern that matches exactly this text.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if "\\^$.[]|()?*+{}#- \t\n".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }
}

/// What is wrong with a pattern, or why a text cannot be matched or encoded.
struct TextPatternError: Error {
  var message: String
  var offset: Int
}
