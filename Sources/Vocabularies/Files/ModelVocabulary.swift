/// The tokens that a model has rows for.
public struct ModelVocabulary: Sendable {
  /// The model's name in messages and reports.
  public let name: String
  /// The tokenizer.
  public let file: TokenizerFile
  /// How many rows the model's embedding has; a vocabulary may be smaller, for padding, or larger, by mistake.
  public let rowCount: Int
  /// Whether the model takes part in the merge; one that does not only gives rows that are asked for, or the tokenizer.
  public let isMerged: Bool
  /// The row of each token that has one.
  public let rows: [TokenText: Int]
  /// The tokens in the order of their numbers, those without a row included.
  public let ordered: [(token: TokenText, id: Int)]
  /// The flags of the added tokens.
  public let flags: [TokenText: AddedToken.Flags]
  private let taken: Set<Int>

  /// Combines a tokenizer with the size of a model's embedding.
  public init(name: String, file: TokenizerFile, rowCount: Int, isMerged: Bool = true) {
    self.name = name
    self.file = file
    self.rowCount = rowCount
    self.isMerged = isMerged
    let all = file.tokens
    rows = all.filter { $0.value < rowCount }
    ordered = all.map { (token: $0.key, id: $0.value) }.sorted { $0.id < $1.id }
    flags = Dictionary(file.added.map { ($0.text, $0.flags) }, uniquingKeysWith: { first, _ in first })
    taken = Set(all.values)
  }

  /// Whether a row belongs to no token.
  func isPadding(_ row: Int) -> Bool { row < rowCount && !taken.contains(row) }

  /// The numbers of tokens that have no row.
  public var surplus: [(token: TokenText, id: Int)] { ordered.filter { $0.id >= rowCount } }
}
