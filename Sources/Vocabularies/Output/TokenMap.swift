/// Where every row of a model's embedding comes from once the model has the output's vocabulary.
public struct TokenMap: Sendable, Hashable {
  /// The place that a row is taken from.
  public struct Place: Sendable, Hashable {
    /// The model, by its number.
    public var model: Int
    /// Its row.
    public var row: Int
  }

  /// What rows are made of.
  public enum Content: Sendable, Hashable {
    /// The rows of a model from this one on.
    case rows(from: Place)
    /// The mean of rows of several models.
    case mean([Place])
    /// Zeros.
    case zero
    /// The mean of all rows before the padding.
    case padding
  }

  /// Consecutive rows of the same kind.
  public struct Run: Sendable, Hashable {
    /// The rows.
    public var rows: Range<Int>
    /// What they are made of.
    public var content: Content
  }

  /// The model that is given new rows.
  public let model: Int
  /// All rows, from zero on.
  public private(set) var runs: [Run] = []
  /// How many rows there are.
  public let rowCount: Int
  /// How many rows the mean that fills the padding is taken over.
  public let meanCount: Int

  /// Whether every row stays where it is.
  ///
  /// - Parameter rowCount: how many rows the model has had.
  public func isIdentity(rowCount old: Int) -> Bool {
    guard old == rowCount, runs.count <= 1 else { return false }
    return runs.allSatisfy { $0.content == .rows(from: Place(model: model, row: 0)) }
  }

  /// A number that differs, as good as certainly, between maps that differ.
  public var digest: UInt64 {
    // FNV-1a over 64-bit words.
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    func mix(_ number: Int) { state = (state ^ UInt64(bitPattern: Int64(number))) &* 0x100_0000_01B3 }
    func mix(_ place: Place) {
      mix(place.model)
      mix(place.row)
    }
    mix(meanCount)
    for run in runs {
      mix(run.rows.count)
      switch run.content {
      case .rows(let first): mix(first)
      case .mean(let places):
        mix(-1 - places.count)
        for place in places { mix(place) }
      case .zero: mix(-1)
      case .padding: mix(Int.min)
      }
    }
    return state
  }

  /// The run that a row lies in.
  public func run(of row: Int) -> Int {
    var (low, high) = (0, runs.count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if runs[middle].rows.lowerBound <= row { low = middle } else { high = middle }
    }
    return low
  }

  init(model: Int, vocabulary: OutputVocabulary, defaults: TokenDefaults) {
    self.model = model
    rowCount = vocabulary.rowCount
    meanCount = vocabulary.tokenEnd
    var tokens = vocabulary.tokens[...]
    for row in 0..<vocabulary.rowCount {
      if let token = tokens.first, token.id == row {
        tokens.removeFirst()
        append(defaults.content(of: token.token, in: model).content)
      } else {
        append(Self.padding(row, model: model, vocabulary))
      }
    }
  }

  /// A row without a token: padding, or a hole between tokens.
  private static func padding(_ row: Int, model: Int, _ vocabulary: OutputVocabulary) -> Content {
    if vocabulary.request.multiple != nil, row >= vocabulary.tokenEnd { return .padding }
    for holder in [model, vocabulary.origin] where vocabulary.models[holder].isPadding(row) {
      return .rows(from: Place(model: holder, row: row))
    }
    return .zero
  }

  private mutating func append(_ content: Content) {
    let row = runs.last?.rows.upperBound ?? 0
    if let last = runs.last {
      switch (last.content, content) {
      case (.rows(let first), .rows(let place))
      where first.model == place.model && first.row + last.rows.count == place.row:
        runs[runs.count - 1].rows = last.rows.lowerBound..<row + 1
        return
      case (.zero, .zero), (.padding, .padding):
        runs[runs.count - 1].rows = last.rows.lowerBound..<row + 1
        return
      default: break
      }
    }
    runs.append(Run(rows: row..<row + 1, content: content))
  }
}

/// Which row a model takes for a token that it lacks, or that the spec gives another row.
struct TokenDefaults {
  private let vocabulary: OutputVocabulary
  private let wishes: [TokenText: VocabularyRequest.Wish]
  private let merged: [Int]

  /// Why a row is not the model's own.
  enum Reason: Hashable {
    case own, asked, onlyHolder, base, mean, nobody
  }

  init(_ vocabulary: OutputVocabulary) {
    self.vocabulary = vocabulary
    wishes = Dictionary(vocabulary.request.wishes.map { ($0.token, $0) }, uniquingKeysWith: { _, last in last })
    merged = vocabulary.models.indices.filter { vocabulary.models[$0].isMerged }
  }

  func content(of token: TokenText, in model: Int) -> (content: TokenMap.Content, reason: Reason) {
    let wish = wishes[token]
    if let row = vocabulary.models[model].rows[token], wish?.isForced != true {
      return (.rows(from: .init(model: model, row: row)), .own)
    }
    switch wish?.row {
    case .model(let named):
      let row = vocabulary.models[named].rows[token]
      return (row.map { .rows(from: .init(model: named, row: $0)) } ?? .zero, .asked)
    case .zero: return (.zero, .asked)
    case .token(let named, let other):
      let row = vocabulary.models[named].rows[other]
      return (row.map { .rows(from: .init(model: named, row: $0)) } ?? .zero, .asked)
    case .number(let named, let row): return (.rows(from: .init(model: named, row: row)), .asked)
    case nil: return content(of: token)
    }
  }

  /// The rule for all tokens.
  private func content(of token: TokenText) -> (content: TokenMap.Content, reason: Reason) {
    let holders = merged.compactMap { model in
      vocabulary.models[model].rows[token].map { TokenMap.Place(model: model, row: $0) }
    }
    if let base = holders.first(where: { $0.model == vocabulary.base }) {
      return (.rows(from: base), holders.count == 1 ? .onlyHolder : .base)
    }
    if holders.count > 1 { return (.mean(holders), .mean) }
    if let holder = holders.first { return (.rows(from: holder), .onlyHolder) }
    // A model that is not merged may still have given the token.
    for (model, vocabulary) in vocabulary.models.enumerated() where !vocabulary.isMerged {
      if let row = vocabulary.rows[token] { return (.rows(from: .init(model: model, row: row)), .onlyHolder) }
    }
    return (.zero, .nobody)
  }
}

extension OutputVocabulary {
  /// Where the rows of a model come from.
  public func map(of model: Int) -> TokenMap {
    TokenMap(model: model, vocabulary: self, defaults: TokenDefaults(self))
  }
}
