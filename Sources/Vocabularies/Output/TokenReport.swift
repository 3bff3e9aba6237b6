internal import Documents

/// Which tokens have rows that some model did not have itself, and where those came from.
public struct TokenReport: Sendable {
  /// A token and the models that take its row from elsewhere.
  public struct Entry: Sendable {
    /// The token.
    public var token: TokenText
    /// Its number in the output.
    public var id: Int
    /// The names of the models that take the row.
    public var models: [String]
    /// Where the row comes from.
    public var origin: String
  }

  /// The name of the file that the report is kept in.
  public static let fileName = "token_sources.json"

  /// The tokens, in the order of their numbers.
  public private(set) var entries: [Entry] = []
  /// How many tokens the output has.
  public let tokenCount: Int
  /// How many rows its embedding has.
  public let rowCount: Int
  /// How many tokens the tokenizer that it starts from did not have.
  public let newCount: Int

  /// Looks through all tokens of a vocabulary.
  public init(_ vocabulary: OutputVocabulary) {
    tokenCount = vocabulary.tokens.count
    rowCount = vocabulary.rowCount
    let known = vocabulary.models[vocabulary.origin].file.tokens
    newCount = vocabulary.tokens.count { known[$0.token] == nil }
    let defaults = TokenDefaults(vocabulary)
    let merged = vocabulary.models.indices.filter { vocabulary.models[$0].isMerged }
    for (token, id) in vocabulary.tokens {
      var models: [String] = []
      var origin = ""
      for model in merged {
        let (content, reason) = defaults.content(of: token, in: model)
        if reason == .own
          || content == .rows(from: .init(model: model, row: vocabulary.models[model].rows[token] ?? -1))
        {
          continue
        }
        models.append(vocabulary.models[model].name)
        origin = Self.words(content, reason, vocabulary)
      }
      if !models.isEmpty { entries.append(Entry(token: token, id: id, models: models, origin: origin)) }
    }
  }

  private static func words(
    _ content: TokenMap.Content, _ reason: TokenDefaults.Reason, _ vocabulary: OutputVocabulary
  ) -> String {
    switch content {
    case .rows(let place):
      let name = vocabulary.models[place.model].name
      return switch reason {
      case .asked: "row \(place.row) of \(name), as the spec asks"
      case .base: "the base, \(name)"
      default: "\(name), the only model that has it"
      }
    case .mean(let places):
      return "the mean of " + places.map { vocabulary.models[$0.model].name }.joined(separator: ", ")
    case .zero: return reason == .asked ? "zeros, as the spec asks" : "zeros, because no model has it"
    case .padding: return "the mean of all rows"
    }
  }

  /// One line for a terminal.
  public var summary: String {
    "the output has \(tokenCount) tokens, \(newCount) of them new, in \(rowCount) rows; for \(entries.count) tokens some "
      + "model takes a row that is not its own, \(Self.fileName) lists them"
  }

  /// The whole report as the text of its file.
  public var json: String {
    let listed = entries.map { entry in
      JSONValue.object([
        ("id", .integer(entry.id)), ("token", .string(entry.token.text)),
        ("models", .array(entry.models.map(JSONValue.string))), ("row", .string(entry.origin)),
      ]).line
    }
    let list = listed.isEmpty ? "[]" : "[\n    " + listed.joined(separator: ",\n    ") + "\n  ]"
    return
      "{\n  \"tokens\": \(tokenCount),\n  \"new_tokens\": \(newCount),\n  \"rows\": \(rowCount),\n  \"defaults\": \(list)\n}\n"
  }
}
