internal import Documents
internal import Patterns

/// Settings for some modules, by patterns of their names, as `rank_pattern` and `alpha_pattern` hold them.
///
/// A key is a regular expression for the end of a module's name, from a dot on or whole; the first that matches counts.
/// Nearly all keys are plain names, and those are looked up instead of tried one by one.
struct ModulePatterns: Sendable {
  /// Adapters that state the rank of every module have some thousands of keys, but none of them is an expression.
  static let maximumExpressions = 256
  /// PEFT's own examples stay below a hundred characters.
  static let maximumLength = 1000

  private var names: [String: (order: Int, value: Double)] = [:]
  private var expressions: [(order: Int, expression: NameExpression, value: Double)] = []

  /// Reads an object of numbers; null and a missing key have no patterns.
  init(_ key: String, in file: JSONFile) throws(CheckpointError) {
    guard let node = file.root[key], !node.isNull else { return }
    guard let members = node.object else {
      throw AdapterConfiguration.fault(key, "holds \(node.kind); expected an object of numbers", in: file)
    }
    for (order, member) in members.enumerated() {
      let name = PrintableText.quoted(member.key)
      guard let value = member.node.double, value.isFinite, value > 0 else {
        throw AdapterConfiguration.fault(key, "\(name) is not a number above zero", in: file)
      }
      if member.key.utf8.allSatisfy(Self.isPlain) {
        if names[member.key] == nil { names[member.key] = (order, value) }
        continue
      }
      guard expressions.count < Self.maximumExpressions, member.key.utf8.count <= Self.maximumLength,
        let expression = NameExpression(member.key)
      else {
        throw AdapterConfiguration.fault(key, "\(name) is not a regular expression that can be used", in: file)
      }
      expressions.append((order, expression, value))
    }
  }

  /// The setting for a module, or nil if no pattern matches its name; `.failure` if a pattern takes too long to tell.
  func value(for module: String) -> Result<Double?, NameExpression.Failure> {
    var best: (order: Int, value: Double)?
    var rest = Substring(module)
    while true {
      if let found = names[String(rest)], found.order < best?.order ?? .max { best = found }
      guard let dot = rest.firstIndex(of: ".") else { break }
      rest = rest[rest.index(after: dot)...]
    }
    for candidate in expressions where candidate.order < best?.order ?? .max {
      switch candidate.expression.matches(module) {
      case .success(true): return .success(candidate.value)
      case .success(false): continue
      case .failure(let failure): return .failure(failure)
      }
    }
    return .success(best?.value)
  }

  /// Characters that stand for themselves; a dot may stand for any, but in names of modules it is one.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

/// A regular expression for the end of a module's name.
struct NameExpression: Sendable {
  /// PCRE2 gave up: the expression tries too many ways through the name.
  struct Failure: Error {}

  private let expression: RegularExpression

  /// Compiles an expression; nil if it is not one.
  init?(_ expression: String) {
    guard let compiled = try? RegularExpression(#"\A(?:.*\.)?(?:\#(expression))\z"#) else { return nil }
    self.expression = compiled
  }

  /// Whether a name ends so.
  func matches(_ name: String) -> Result<Bool, Failure> {
    do throws(RegularExpressionError) {
      return .success(try expression.occurs(in: name))
    } catch {
      return .failure(Failure())
    }
  }
}
