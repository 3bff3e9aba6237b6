/// What is put around the tokens of a text, or of two: begin and end tokens, mostly.
indirect enum PostProcessor: Sendable {
  /// Only the recorded places of tokens change, which are not kept here.
  case nothing
  case template(single: [Part], pair: [Part])
  case sequence([PostProcessor])

  /// A part of a template.
  enum Part: Sendable {
    /// The tokens of one of the texts.
    case text(isSecond: Bool, type: Int)
    case tokens([Int], type: Int)
  }

  private enum Kind: String, CaseIterable {
    case byteLevel = "ByteLevel"
    case template = "TemplateProcessing"
    case roberta = "RobertaProcessing"
    case bert = "BertProcessing"
    case sequence = "Sequence"
  }

  init(_ value: ModelValue) throws(ModelError) {
    let kind: Kind = try value.kind(of: "post-processor")
    switch kind {
    case .byteLevel: self = .nothing
    case .template:
      self = .template(
        single: try Self.parts(value, try value.member("single"), texts: ["A"]),
        pair: try value["pair"].map { (pair) throws(ModelError) in
          try Self.parts(value, pair, texts: ["A", "B"])
        } ?? [.text(isSecond: false, type: 0), .text(isSecond: true, type: 1)])
    case .roberta, .bert:
      let begin = try Self.token(value.member("cls"))
      let end = try Self.token(value.member("sep"))
      self = .around(before: [begin], between: kind == .bert ? [end] : [end, end], after: [end], types: kind == .bert)
    case .sequence:
      var steps: [PostProcessor] = []
      for element in try value.member("processors").elements() { steps.append(try PostProcessor(element)) }
      self = .sequence(steps)
    }
  }

  /// Tokens before, between and after texts.
  ///
  /// - Parameter types: whether the second text of a pair and what follows it is of another type than the first.
  static func around(before: [Int], between: [Int] = [], after: [Int], types: Bool = false) -> PostProcessor {
    let second = types ? 1 : 0
    return .template(
      single: [.tokens(before, type: 0), .text(isSecond: false, type: 0), .tokens(after, type: 0)],
      pair: [
        .tokens(before, type: 0), .text(isSecond: false, type: 0), .tokens(between, type: 0),
        .text(isSecond: true, type: second), .tokens(after, type: second),
      ])
  }

  /// A token given as `["text", number]`.
  private static func token(_ value: ModelValue) throws(ModelError) -> Int {
    let pair = try value.elements()
    guard pair.count == 2 else { throw value.failure("expected a token and its number") }
    return try pair[1].integer(in: 0...BytePairModel.largestToken)
  }

  private static func parts(
    _ value: ModelValue, _ list: ModelValue, texts: [String]
  ) throws(ModelError) -> [Part] {
    var parts: [Part] = []
    for element in try list.elements() {
      if let token = element["SpecialToken"] {
        let name = try token.member("id")
        let table = try value.member("special_tokens")
        guard let entry = table[try name.string()] else {
          throw name.failure("this token is not among the template's special_tokens")
        }
        var tokens: [Int] = []
        for id in try entry.member("ids").elements() {
          tokens.append(try id.integer(in: 0...BytePairModel.largestToken))
        }
        parts.append(.tokens(tokens, type: try token.integer("type_id", in: 0...255, default: 0)))
      } else if let sequence = element["Sequence"] {
        let name = try sequence.member("id")
        guard let place = texts.firstIndex(of: try name.string()) else {
          throw name.failure(
            texts.count == 1 ? "a template for one text can only use \"A\"" : "expected \"A\" or \"B\"")
        }
        parts.append(.text(isSecond: place == 1, type: try sequence.integer("type_id", in: 0...255, default: 0)))
      } else {
        throw element.failure("expected \"SpecialToken\" or \"Sequence\"")
      }
    }
    return parts
  }

  /// The tokens of one text with what belongs around them.
  func apply(_ tokens: [Int]) -> [Int] {
    switch self {
    case .nothing: return tokens
    case .template(let single, _):
      return single.flatMap { part in
        switch part {
        case .text: tokens
        case .tokens(let special, _): special
        }
      }
    case .sequence(let steps): return steps.reduce(tokens) { $1.apply($0) }
    }
  }

  /// The tokens of two texts with what belongs around them, and the type of each token.
  func apply(_ first: [Int], _ second: [Int]) -> (tokens: [Int], types: [Int]) {
    var result: (tokens: [Int], types: [Int]) = ([], [])
    for part in pair ?? [.text(isSecond: false, type: 0), .text(isSecond: true, type: 1)] {
      let (tokens, type) =
        switch part {
        case .text(let isSecond, let type): (isSecond ? second : first, type)
        case .tokens(let special, let type): (special, type)
        }
      result.tokens += tokens
      result.types += [Int](repeating: type, count: tokens.count)
    }
    return result
  }

  /// The template for two texts; of several steps, the last one that has one.
  private var pair: [Part]? {
    switch self {
    case .nothing: nil
    case .template(_, let pair): pair
    case .sequence(let steps): steps.lazy.compactMap(\.pair).last
    }
  }
}
