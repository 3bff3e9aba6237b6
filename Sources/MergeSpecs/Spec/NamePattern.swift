internal import Patterns
private import Synchronization

/// A regular expression that is looked for in tensor names, with a bound on the work that one name may cost.
///
/// A class, because it remembers that it gave up, for all who hold it.
final class NamePattern: Sendable {
  /// How many steps of matching one name may take. Patterns that people write take a few hundred; one that
  /// backtracks without end would take 2ⁿ.
  static let stepLimit = 100_000
  /// The longest pattern in bytes.
  static let maximumLength = 1000

  private let expression: RegularExpression
  private let gaveUp = Atomic(false)

  /// Whether a name took more steps than are allowed; from then on nothing matches.
  var isExhausted: Bool { gaveUp.load(ordering: .relaxed) }

  /// Compiles a pattern; the error is PCRE2's message and the number of the character at fault, from one.
  init(_ pattern: String) throws(NamePatternError) {
    guard pattern.utf8.count <= Self.maximumLength else {
      throw NamePatternError(message: "it is longer than \(Self.maximumLength) bytes", character: nil)
    }
    do throws(RegularExpressionError) {
      expression = try RegularExpression(pattern, stepLimit: Self.stepLimit)
    } catch {
      let before = pattern.utf8.prefix(error.offset)
      throw NamePatternError(message: error.message, character: String(decoding: before, as: UTF8.self).count + 1)
    }
  }

  /// Whether the pattern matches some part of a name.
  func occurs(in name: String) -> Bool {
    guard !isExhausted else { return false }
    do throws(RegularExpressionError) {
      return try expression.occurs(in: name)
    } catch {
      gaveUp.store(true, ordering: .relaxed)
      return false
    }
  }
}

/// What is wrong with a regular expression.
struct NamePatternError: Error {
  var message: String
  /// Which character is at fault, counted from one, if it is one of them.
  var character: Int?
}
