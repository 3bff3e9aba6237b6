public import Documents

/// The vocabulary that a spec asks for, under `tokenizer` or `tokenizer_source`.
public struct TokenizerSpec: Sendable {
  /// Where the tokens come from.
  public enum Source: Sendable {
    /// The base's tokens, and those that only others have.
    case union
    /// The base's tokens.
    case base
    /// The tokens of a model, which need not be one of those merged.
    case model(ModelReference)
  }

  /// Where the row of a token comes from.
  public enum RowSource: Sendable {
    /// The row of the same token in a model.
    case model(ModelReference)
    /// Zeros.
    case zero
    /// The row of another token.
    case token(ModelReference, String)
    /// The row of this number.
    case number(ModelReference, Int)
  }

  /// What is asked of a single token.
  public struct Token: Sendable {
    /// The spelling.
    public var text: String
    /// Where the row comes from; nil leaves it to the rule for all tokens.
    public var source: RowSource?
    /// Whether models that have the token take that row too.
    public var isForced: Bool
    /// Where the token, or its source, stands.
    public var position: SourcePosition
  }

  /// Where the tokens come from.
  public var source: Source
  /// What is asked of single tokens.
  public var tokens: [Token] = []
  /// What the number of rows is to be a multiple of.
  public var multiple: Int?
  /// Where the vocabulary is asked for.
  public var position: SourcePosition

  /// The models that are named here.
  var models: [ModelReference] {
    var all: [ModelReference] = []
    if case .model(let model) = source { all.append(model) }
    for token in tokens {
      switch token.source {
      case .model(let model), .token(let model, _), .number(let model, _): all.append(model)
      case .zero, nil: break
      }
    }
    return all
  }
}

/// The chat template that a spec asks for.
public struct ChatTemplateSpec: Sendable {
  /// Where the template comes from.
  public enum Source: Sendable {
    /// The one that most of the models have.
    case mostFrequent
    /// This text.
    case text(String)
  }

  /// Where the template comes from.
  public var source: Source
  /// Where it is asked for.
  public var position: SourcePosition
}

extension MergeSpec {
  /// The model whose configuration and other files go with the output.
  public var donor: ModelReference? { baseModel ?? effectiveSlices.first?.sources.first?.model }

  /// The texts of the references to models that are merged, the base included; others only lend tokens.
  public var mergedReferences: Set<String> {
    Set(
      effectiveSlices.flatMap { slice in slice.sources.map(\.model.text) + [slice.baseModel?.text].compactMap(\.self) }
    )
    .union([baseModel?.text].compactMap(\.self))
  }
}
