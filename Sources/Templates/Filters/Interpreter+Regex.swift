internal import Documents
internal import Patterns

extension Interpreter {
  /// The filter `regex_replace(pattern, replacement, count)` of task files, which is Python's `re.sub`.
  func regexReplace(_ text: String, _ call: CallArguments) throws(Fault) -> String {
    guard dialect == .task else { throw Fault("the filter \"regex_replace\" is for task files only", kind: .refused) }
    let given = try call.bind("pattern", "repl", "count", required: 2)
    let pattern = try given[0].text("pattern", or: "")
    let replacement = try given[1].text("repl", or: "")
    let count = try given[2].integer("count", or: 0)
    // Compiling costs more than most filters do.
    try meter.charge(1000)
    let bytes = Array(text.utf8)
    let matches: [[Range<Int>?]]
    let groups: Int
    do throws(RegularExpressionError) {
      let expression = try PythonExpression(pattern)
      groups = expression.groupCount
      matches = count < 0 ? [] : try expression.matches(in: text, atMost: count == 0 ? .max : count)
    } catch {
      throw Fault("the regular expression is refused at byte \(error.offset): \(error.message)")
    }
    try meter.charge(matches.count)
    let parts = try ReplacementText.parts(
      of: replacement, names: ReplacementText.groupNames(in: pattern), groups: groups)
    var result: [UInt8] = []
    var end = 0
    for match in matches {
      guard let whole = match[0] else { continue }
      result += bytes[end..<whole.lowerBound]
      for part in parts {
        switch part {
        case .text(let text): result += text
        case .group(let number): if let range = match[number] { result += bytes[range] }
        }
      }
      end = whole.upperBound
      try meter.charge(bytes: result.count)
    }
    result += bytes[end...]
    return String(decoding: result, as: UTF8.self)
  }
}

/// The replacement of `re.sub`: text, and references to groups by number or name.
enum ReplacementText {
  enum Part {
    case text([UInt8])
    case group(Int)
  }

  static func parts(of replacement: String, names: [String: Int], groups: Int) throws(Fault) -> [Part] {
    var parts: [Part] = []
    var scalars = Array(replacement.unicodeScalars)[...]
    func group(_ number: Int?, _ name: String) throws(Fault) -> Part {
      guard let number, (0...groups).contains(number) else {
        throw Fault("the replacement names the group \"\(name)\", which the expression does not have")
      }
      return .group(number)
    }
    let escapes: [Unicode.Scalar: String] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "v": "\u{B}",
    ]
    while let scalar = scalars.popFirst() {
      guard scalar == "\\" else {
        parts.append(.text(Array(String(scalar).utf8)))
        continue
      }
      guard let next = scalars.popFirst() else { throw Fault("the replacement ends with a backslash") }
      if next == "g" {
        guard scalars.first == "<", let end = scalars.firstIndex(of: ">") else {
          throw Fault("expected \"<\" and the name of a group after \"\\g\" in the replacement")
        }
        let name = String(scalars: scalars[(scalars.startIndex + 1)..<end])
        parts.append(try group(Int(name) ?? names[name], name))
        scalars = scalars[(end + 1)...]
      } else if ("1"..."9").contains(next) {
        var name = String(next)
        if let digit = scalars.first, ("0"..."9").contains(digit) {
          name.unicodeScalars.append(digit)
          scalars.removeFirst()
        }
        parts.append(try group(Int(name), name))
      } else if let meant = escapes[next] {
        parts.append(.text(Array(meant.utf8)))
      } else if next == "0" {
        parts.append(.text([0]))
      } else {
        guard !next.isASCII || !next.isAlphabetic else { throw Fault("the replacement has a bad escape \"\\\(next)\"") }
        parts.append(.text(Array("\\\(next)".utf8)))
      }
    }
    return parts
  }

  /// The numbers of the groups of an expression that have names.
  static func groupNames(in pattern: String) -> [String: Int] {
    var names: [String: Int] = [:]
    var count = 0
    var isInClass = false
    let scalars = Array(pattern.unicodeScalars)
    var place = 0
    while place < scalars.count {
      switch scalars[place] {
      case "\\": place += 1
      case "[": isInClass = true
      case "]": isInClass = false
      case "(" where !isInClass:
        let isPlain = place + 1 >= scalars.count || scalars[place + 1] != "?"
        if isPlain { count += 1 }
        if scalars[place...].starts(with: "(?P<".unicodeScalars) {
          count += 1
          names[String(scalars: scalars[(place + 4)...].prefix { $0 != ">" })] = count
        }
      default: break
      }
      place += 1
    }
    return names
  }
}
