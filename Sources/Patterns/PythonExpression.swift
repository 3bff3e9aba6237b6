internal import CPCRE2

/// A regular expression of Python's module `re`, compiled once, matched from any thread.
///
/// PCRE2 speaks nearly the same language; what it spells otherwise (`\Z`, `\uXXXX`) is translated, and `findall` and
/// `sub` step through empty matches as Python does.
///
/// Unchecked: a compiled expression is never changed, and PCRE2 allows concurrent matching with separate match blocks.
package final class PythonExpression: @unchecked Sendable {
  private let code: OpaquePointer
  /// How many groups the expression has.
  package let groupCount: Int

  /// Compiles an expression.
  package init(_ expression: String) throws(RegularExpressionError) {
    let bytes = Array(Self.translated(expression).utf8)
    var number: Int32 = 0
    var offset = 0
    guard let code = braid_regex_compile_python(bytes, bytes.count, &number, &offset) else {
      var message = [UInt8](repeating: 0, count: 256)
      braid_regex_message(number, &message, message.count)
      throw RegularExpressionError(
        message: String(decoding: message.prefix { $0 != 0 }, as: UTF8.self), offset: offset)
    }
    self.code = code
    groupCount = Int(braid_regex_group_count(code))
  }

  deinit { braid_regex_free(code) }

  /// Python's spellings in PCRE2's.
  private static func translated(_ expression: String) -> String {
    var result = String.UnicodeScalarView()
    var scalars = Array(expression.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      guard scalar == "\\", let next = scalars.popFirst() else {
        result.append(scalar)
        continue
      }
      let width = next == "u" ? 4 : next == "U" ? 8 : 0
      let digits = scalars.prefix(width)
      if next == "Z" {
        result.append(contentsOf: "\\z".unicodeScalars)
      } else if width > 0, digits.count == width, digits.allSatisfy(\.properties.isASCIIHexDigit) {
        result.append(contentsOf: "\\x{".unicodeScalars)
        result.append(contentsOf: digits)
        result.append("}")
        scalars = scalars.dropFirst(width)
      } else {
        result.append(scalar)
        result.append(next)
      }
    }
    return String(result)
  }

  /// The matches in a text, each with its groups: first the whole match, then the groups, nil for those without part.
  package func matches(in text: String, atMost limit: Int = .max) throws(RegularExpressionError) -> [[Range<Int>?]] {
    let bytes = Array(text.utf8)
    guard let block = braid_regex_match_create_for(code) else {
      throw RegularExpressionError(message: "there is no memory to match with", offset: 0)
    }
    defer { braid_regex_match_free(block) }
    var places = [Int](repeating: 0, count: 2 * (groupCount + 1))
    var found: [[Range<Int>?]] = []
    var position = 0
    var wasEmpty = false
    // An empty text has no address, but there can be matches in it.
    let storage = bytes.isEmpty ? [0] : bytes
    while position <= bytes.count, found.count < limit {
      let status = braid_regex_search_groups(
        code, storage, bytes.count, position, wasEmpty ? 1 : 0, block, &places, groupCount + 1)
      guard status >= 0 else { throw RegularExpressionError(message: "matching failed (\(status))", offset: 0) }
      guard status == 1 else { break }
      let groups: [Range<Int>?] = (0...groupCount).map { group in
        let (from, to) = (places[2 * group], places[2 * group + 1])
        return from >= 0 && from <= to && to <= bytes.count ? from..<to : nil
      }
      guard let whole = groups[0] else { break }
      found.append(groups)
      position = whole.upperBound
      wasEmpty = whole.isEmpty
    }
    return found
  }

  /// `re.findall`: for each match its text, or that of the one group, or those of all groups.
  package func findAll(in text: String) throws(RegularExpressionError) -> [[String]] {
    let bytes = Array(text.utf8)
    return try matches(in: text).map { groups in
      let wanted = groupCount == 0 ? groups[...] : groups.dropFirst()
      return wanted.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "" }
    }
  }

  /// The text without what matches.
  package func removingMatches(from text: String) throws(RegularExpressionError) -> String {
    try replacingMatches(in: text) { _ in "" }
  }

  /// The text with something else for what matches; `replacement` gets the match and its groups.
  package func replacingMatches(
    in text: String, with replacement: ([String]) -> String
  ) throws(RegularExpressionError) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var end = 0
    for groups in try matches(in: text) {
      guard let match = groups[0] else { continue }
      result += bytes[end..<match.lowerBound]
      result += replacement(groups.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "" }).utf8
      end = match.upperBound
    }
    result += bytes[end...]
    return String(decoding: result, as: UTF8.self)
  }

  /// A text as an expression that matches nothing but it.
  package static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar), scalar != "_" {
        result.append("\\")
      }
      result.append(scalar)
    }
    return String(result)
  }
}
