internal import Documents
internal import Datasets
internal import Patterns

/// One step of a pipeline that takes the answer out of what the model wrote.
///
/// Source: lm-evaluation-harness 0.4.13, `filters/`.
enum FilterStep: Sendable {
  case regex(PythonExpression, select: Int, fallback: String)
  case multiChoice(MultiChoiceFilter)
  case strip
  case lowercase
  case uppercase
  case map([String: String], fallback: String)
  /// Several answers to one question are cut to some, to the most frequent, or to the first; there is only one.
  case keep

  /// The names of the filters.
  static let names = [
    "lowercase", "majority_vote", "map", "multi_choice_regex", "regex", "remove_whitespace", "take_first",
    "take_first_k", "uppercase",
  ]

  /// The response after this step.
  ///
  /// - Parameter choices: the document's column of choices, for filters that look for them.
  func apply(_ response: String, choices: [String]) -> String {
    switch self {
    case .regex(let expression, let select, let fallback):
      return Self.found(expression, in: response, select: select).map { $0 ?? fallback } ?? fallback
    case .multiChoice(let filter): return filter.apply(response, choices: choices)
    case .strip: return PythonString.strip(response)
    case .lowercase: return response.lowercased()
    case .uppercase: return response.uppercased()
    case .map(let mapping, let fallback): return mapping[response] ?? fallback
    case .keep: return response
    }
  }

  /// The selected match, stripped: of several groups the first that is not empty, nil if all are; nil if none matches.
  static func found(_ expression: PythonExpression, in text: String, select: Int) -> String?? {
    // An expression that tries too many ways through the text finds nothing.
    let matches = (try? expression.findAll(in: text)) ?? []
    let place = select < 0 ? select + matches.count : select
    guard matches.indices.contains(place) else { return nil }
    let groups = matches[place]
    guard groups.count > 1 else { return .some(PythonString.strip(groups[0])) }
    return .some(groups.first { !$0.isEmpty }.map { PythonString.strip($0) })
  }
}

/// Finds the letter of a choice in a text: by an expression, by the choice's own text, or by a letter after a colon.
struct MultiChoiceFilter: Sendable {
  var expression: PythonExpression
  var select = 0
  var fallback = "[invalid]"
  var ignoresCase = false
  var ignoresPunctuation = false
  var ignored: [PythonExpression] = []

  func apply(_ response: String, choices: [String]) -> String {
    if let found = find(expression, in: response) { return found }
    var letters: [String: String] = [:]
    var texts: [String] = []
    for (choice, letter) in zip(choices, Self.letters) {
      let text = simplified(PythonString.strip(choice))
      texts.append(text)
      letters[text] = "(\(letter))"
    }
    // The longest first: a choice may be the beginning of another.
    let byLength = texts.sorted { $0.unicodeScalars.count > $1.unicodeScalars.count }
    let anyText = byLength.map(PythonExpression.escaped).joined(separator: "|")
    if let expression = try? PythonExpression(anyText), let found = find(expression, in: simplified(response), letters)
    {
      return found
    }
    let used = Self.letters.prefix(choices.count)
    let anyLetter = used.joined(separator: "|")
    let named = Dictionary(uniqueKeysWithValues: used.map { ($0, "(\($0))") })
    if let expression = try? PythonExpression(":[\\s]*(\(anyLetter))"),
      let found = find(expression, in: response, named)
    {
      return found
    }
    return fallback
  }

  private static let letters = (0..<26).map { String(UnicodeScalar(UInt8(65 + $0))) }

  private func find(_ expression: PythonExpression, in text: String, _ names: [String: String] = [:]) -> String? {
    guard let found = FilterStep.found(expression, in: text, select: select), let match = found, !match.isEmpty else {
      return nil
    }
    return names[match] ?? match
  }

  private func simplified(_ text: String) -> String {
    var text = text
    for expression in ignored { text = (try? expression.removingMatches(from: text)) ?? text }
    if ignoresCase { text = text.lowercased() }
    if ignoresPunctuation {
      var view = text.unicodeScalars
      view.removeAll { scalar in
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
          .finalPunctuation, .otherPunctuation:
          true
        default: false
        }
      }
      text = String(view)
    }
    return text
  }
}
