internal import CPCRE2

/// A regular expression over UTF-8 bytes, compiled once, matched from any thread.
///
/// Unchecked: a compiled expression is never changed, and PCRE2 allows concurrent matching with separate match blocks.
package final class RegularExpression: @unchecked Sendable {
  private let code: OpaquePointer

  /// Compiles an expression in PCRE2's language.
  ///
  /// - Parameter stepLimit: how many steps of matching one search may take; nil for PCRE2's own limit, which is
  ///   reached in about a second.
  package init(_ expression: String, stepLimit: Int? = nil) throws(RegularExpressionError) {
    let limit = Array((stepLimit.map { "(*LIMIT_MATCH=\($0))" } ?? "").utf8)
    let bytes = limit + Array(expression.utf8)
    var number: Int32 = 0
    var offset = 0
    guard let code = braid_regex_compile(bytes, bytes.count, &number, &offset) else {
      var message = [UInt8](repeating: 0, count: 256)
      braid_regex_message(number, &message, message.count)
      throw RegularExpressionError(
        message: String(decoding: message.prefix { $0 != 0 }, as: UTF8.self), offset: max(0, offset - limit.count))
    }
    self.code = code
  }

  deinit { braid_regex_free(code) }

  /// Whether the expression matches some part of a text.
  ///
  /// - Throws: if the search tries too many ways through the text.
  package func occurs(in text: String) throws(RegularExpressionError) -> Bool {
    let bytes = Array(text.utf8)
    let found: Result<Range<Int>?, RegularExpressionError> = bytes.withUnsafeBufferPointer { bytes in
      do throws(RegularExpressionError) {
        var search = try Search(self, in: bytes)
        return .success(try search.next(from: 0))
      } catch {
        return .failure(error)
      }
    }
    return try found.get() != nil
  }

  /// The matches in a range of a text, leftmost first and without overlaps.
  ///
  /// Text outside the range is not seen, not even by lookaround. An empty match right behind a match does not count.
  ///
  /// - Parameter text: valid UTF-8.
  package func matches(in text: UnsafeBufferPointer<UInt8>) throws(RegularExpressionError) -> [Range<Int>] {
    var search = try Search(self, in: text)
    var found: [Range<Int>] = []
    var position = 0
    while position <= text.count, let match = try search.next(from: position) {
      if match.isEmpty {
        if found.last?.upperBound != match.lowerBound { found.append(match) }
        position = match.lowerBound + 1
        while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
      } else {
        found.append(match)
        position = match.upperBound
      }
    }
    return found
  }

  /// One text being searched, with the memory that PCRE2 needs for it.
  private struct Search: ~Copyable {
    private let expression: RegularExpression
    private let text: UnsafeBufferPointer<UInt8>
    private let block: OpaquePointer

    init(_ expression: RegularExpression, in text: UnsafeBufferPointer<UInt8>) throws(RegularExpressionError) {
      guard let block = braid_regex_match_create() else {
        throw RegularExpressionError(message: "there is no memory to match with", offset: 0)
      }
      self.expression = expression
      self.text = text
      self.block = block
    }

    deinit { braid_regex_match_free(block) }

    mutating func next(from position: Int) throws(RegularExpressionError) -> Range<Int>? {
      var (from, to) = (0, 0)
      // An empty text has no address, but there can be matches in it.
      var nothing: UInt8 = 0
      let status = withUnsafePointer(to: &nothing) { nothing in
        braid_regex_search(expression.code, text.baseAddress ?? nothing, text.count, position, block, &from, &to)
      }
      guard status >= 0, status == 0 || to >= from else {
        throw RegularExpressionError(message: "matching failed (\(status))", offset: 0)
      }
      return status == 0 ? nil : from..<to
    }
  }
}

/// What is wrong with a regular expression, or with matching it.
package struct RegularExpressionError: Error, Equatable {
  /// PCRE2's message.
  package var message: String
  /// The byte of the expression at which it was found.
  package var offset: Int
}
