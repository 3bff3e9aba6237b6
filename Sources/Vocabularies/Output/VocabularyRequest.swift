/// Which vocabulary a merge is to have; models are named by their place in a list.
public struct VocabularyRequest: Sendable {
  /// Where the tokens come from.
  public enum Source: Sendable, Hashable {
    /// The base's tokens, and those of all others that it lacks.
    case union
    /// The tokens of one model.
    case model(Int)
  }

  /// Where the row of a token comes from in models that lack it.
  public enum Row: Sendable, Hashable {
    /// The row of the same token in another model.
    case model(Int)
    /// Zeros.
    case zero
    /// The row of another token.
    case token(model: Int, TokenText)
    /// The row of this number.
    case number(model: Int, Int)
  }

  /// What is asked of a single token.
  public struct Wish: Sendable {
    /// The token.
    public var token: TokenText
    /// Where its row comes from; nil leaves it to the rule for all tokens.
    public var row: Row?
    /// Whether models that have the token take that row too.
    public var isForced: Bool

    /// Asks for a token.
    public init(token: TokenText, row: Row?, isForced: Bool) {
      self.token = token
      self.row = row
      self.isForced = isForced
    }
  }

  /// Where the tokens come from.
  public var source: Source
  /// What is asked of single tokens, in the order of the spec.
  public var wishes: [Wish]
  /// What the number of rows is to be a multiple of; nil keeps the padding that there is.
  public var multiple: Int?

  /// Describes a request.
  public init(source: Source, wishes: [Wish] = [], multiple: Int? = nil) {
    self.source = source
    self.wishes = wishes
    self.multiple = multiple
  }
}
