/// What is put around the tokens of a text: begin and end tokens, mostly.
indirect enum PostProcessor: Sendable {
  /// Only the recorded places of tokens change, which are not kept here.
  case nothing
  /// Tokens before and after the text.
  case around(before: [Int], after: [Int])
  case template([Part])
  case sequence([PostProcessor])

  /// A part of a template.
  enum Part: Sendable {
    case text
    case tokens([Int])
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
    case .template: self = .template(try Self.parts(value))
    case .roberta, .bert:
      self = .around(before: [try Self.token(value.member("cls"))], after: [try Self.token(value.member("sep"))])
    case .sequence:
      var steps: [PostProcessor] = []
      for element in try value.member("processors").elements() { steps.append(try PostProcessor(element)) }
      self = .sequence(steps)
    }
  }

  /// A token given as `["text", number]`.
  private static func token(_ value: ModelValue) throws(ModelError) -> Int {
    let pair = try value.elements()
    guard pair.count == 2 else { throw value.failure("expected a token and its number") }
    return try pair[1].integer(in: 0...BytePairModel.largestToken)
  }

  private static func parts(_ value: ModelValue) throws(ModelError) -> [Part] {
    var parts: [Part] = []
    for element in try value.member("single").elements() {
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
        parts.append(.tokens(tokens))
      } else if let sequence = element["Sequence"] {
        let name = try sequence.member("id")
        guard try name.string() == "A" else { throw name.failure("a template for one text can only use \"A\"") }
        parts.append(.text)
      } else {
        throw element.failure("expected \"SpecialToken\" or \"Sequence\"")
      }
    }
    return parts
  }

  func apply(_ tokens: [Int]) -> [Int] {
    switch self {
    case .nothing: return tokens
    case .around(let before, let after): return before + tokens + after
    case .template(let parts):
      return parts.flatMap { part in
        switch part {
        case .text: tokens
        case .tokens(let special): special
        }
      }
    case .sequence(let steps): return steps.reduce(tokens) { $1.apply($0) }
    }
  }
}
