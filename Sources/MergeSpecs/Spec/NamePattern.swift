internal import CPCRE2
private import Synchronization

/// A regular expression that is looked for in tensor names, with a bound on the work that one name may cost.
///
/// Unchecked: a compiled pattern is never changed, and PCRE2 allows concurrent matching with separate match blocks.
final class NamePattern: @unchecked Sendable {
  /// How many steps of matching one name may take. Patterns that people write take a few hundred; one that
  /// backtracks without end would take 2ⁿ.
  static let stepLimit = 100_000
  /// The longest pattern in bytes.
  static let maximumLength = 1000

  private let code: OpaquePointer
  private let gaveUp = Atomic(false)

  /// Whether a name took more steps than are allowed; from then on nothing matches.
  var isExhausted: Bool { gaveUp.load(ordering: .relaxed) }

  /// Compiles a pattern; the error is PCRE2's message and the number of the character at fault, from one.
  init(_ pattern: String) throws(NamePatternError) {
    guard pattern.utf8.count <= Self.maximumLength else {
      throw NamePatternError(message: "it is longer than \(Self.maximumLength) bytes", character: nil)
    }
    let limit = Array("(*LIMIT_MATCH=\(Self.stepLimit))".utf8)
    let bytes = limit + Array(pattern.utf8)
    var number: Int32 = 0
    var offset = 0
    guard let code = braid_regex_compile(bytes, bytes.count, &number, &offset) else {
      var message = [UInt8](repeating: 0, count: 256)
      braid_regex_message(number, &message, message.count)
      let before = bytes.prefix(offset).dropFirst(limit.count)
      throw NamePatternError(
        message: String(decoding: message.prefix { $0 != 0 }, as: UTF8.self),
        character: String(decoding: before, as: UTF8.self).count + 1)
    }
    self.code = code
  }

  deinit { braid_regex_free(code) }

  /// Whether the pattern matches some part of a name.
  func occurs(in name: String) -> Bool {
    guard !isExhausted, let match = braid_regex_match_create() else { return false }
    defer { braid_regex_match_free(match) }
    let bytes = Array(name.utf8)
    var from = 0
    var to = 0
    let status = bytes.withUnsafeBufferPointer { text -> Int32 in
      guard let base = text.baseAddress else { return 0 }
      return braid_regex_search(code, base, text.count, 0, match, &from, &to)
    }
    if status < 0 { gaveUp.store(true, ordering: .relaxed) }
    return status > 0
  }
}

/// What is wrong with a regular expression.
struct NamePatternError: Error {
  var message: String
  /// Which character is at fault, counted from one, if it is one of them.
  var character: Int?
}
