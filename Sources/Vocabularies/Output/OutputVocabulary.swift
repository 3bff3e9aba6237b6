internal import Documents

/// The tokens of a merged model.
///
/// The numbers of the tokenizer that it starts from never change. Behind its last token come the ordinary tokens of the
/// other models, model by model in the order of their numbers, then their added tokens, then tokens that only the spec
/// names; rows that padded the embedding are used up by them and otherwise stay, unless the spec asks for a multiple.
public struct OutputVocabulary: Sendable {
  /// The models, in the order that requests refer to.
  public let models: [ModelVocabulary]
  /// The base model, whose rows models take for tokens that they lack.
  public let base: Int
  /// The model whose tokenizer the output starts from.
  public let origin: Int
  /// What was asked for.
  public let request: VocabularyRequest
  /// The tokens with a row, in the order of their numbers.
  public private(set) var tokens: [(token: TokenText, id: Int)] = []
  /// How many rows the output has.
  public private(set) var rowCount = 0
  /// What the author of the spec should know.
  public private(set) var warnings: [String] = []

  /// Ordinary tokens that the origin lacks, with the model that each is from.
  private(set) var newOrdinary: [(token: TokenText, id: Int, model: Int)] = []
  /// Tokens that become added tokens, those included that the origin has as ordinary ones.
  private(set) var newAdded: [AddedToken] = []
  /// All rows up to here belong to tokens or to holes between them.
  private(set) var tokenEnd = 0
  private var ids: [TokenText: Int] = [:]
  private var flags: [TokenText: (flags: AddedToken.Flags, model: Int)] = [:]
  private var next = 0

  /// Puts a vocabulary together.
  ///
  /// - Parameter models: all models that the request refers to; the base is one of them.
  public init(_ models: [ModelVocabulary], base: Int, request: VocabularyRequest) throws(VocabularyError) {
    self.models = models
    self.base = base
    self.request = request
    if case .model(let model) = request.source { origin = model } else { origin = base }
    let start = models[origin]
    ids = start.file.tokens
    next = (ids.values.max() ?? -1) + 1
    for token in start.file.added { flags[token.text] = (token.flags, origin) }
    if request.source == .union { addOthers() }
    for (number, wish) in request.wishes.enumerated() {
      do throws(VocabularyError) {
        try add(wish)
      } catch {
        var error = error
        error.wish = number
        throw error
      }
    }
    let placed = Set(newOrdinary.map(\.token) + newAdded.map(\.text))
    let held = models.filter(\.isMerged)
    tokens = ids.filter { token, id in
      id < start.rowCount || placed.contains(token)
        || (request.source == .union && held.contains { $0.rows[token] != nil })
    }.map { (token: $0.key, id: $0.value) }.sorted { $0.id < $1.id }
    tokenEnd = (tokens.last?.id ?? -1) + 1
    // Numbers far beyond all rows would make an embedding of nothing but holes.
    let limit = models.reduce(request.wishes.count) { $0 + $1.rowCount + $1.file.ordinary.count + $1.file.added.count }
    guard tokenEnd <= limit else {
      throw VocabularyError("the tokens of \(start.name) are numbered up to \(tokenEnd - 1), far beyond its embedding")
    }
    rowCount = request.multiple.map { (tokenEnd + $0 - 1) / $0 * $0 } ?? max(start.rowCount, tokenEnd)
    warnAboutSurplus()
  }

  /// The number of a token, or nil if the output does not have it.
  public func id(of token: TokenText) -> Int? { ids[token] }

  /// Whether the tokenizer differs from the one it starts from.
  public var changesTokenizer: Bool { !newOrdinary.isEmpty || !newAdded.isEmpty }

  // MARK: Other models

  private mutating func addOthers() {
    let others = models.indices.filter { $0 != origin && models[$0].isMerged }
    for index in others where models[index].file.makesTokens(as: models[origin].file) {
      for (token, _) in models[index].ordered
      where models[index].rows[token] != nil && models[index].flags[token] == nil && ids[token] == nil {
        newOrdinary.append((token, take(token), index))
      }
    }
    for index in others {
      let model = models[index]
      let isAlike = model.file.makesTokens(as: models[origin].file)
      var foreign = 0
      for (token, _) in model.ordered where model.rows[token] != nil {
        if let own = model.flags[token] {
          add(token, flags: own, from: index)
        } else if !isAlike, ids[token] == nil {
          // A model of another kind cannot make the token of a word, so it has to be found in the text.
          append(AddedToken(text: token, id: take(token), flags: .init(normalized: false)), from: index)
          foreign += 1
        }
      }
      if foreign > 0 {
        warnings.append(
          "\(model.name) has a \(model.file.kind.rawValue) tokenizer, \(models[origin].name) a "
            + "\(models[origin].file.kind.rawValue) one: \(foreign) of its tokens become added tokens, "
            + "which are found anywhere in a text")
      } else if !model.file.preparesTexts(as: models[origin].file), newOrdinary.contains(where: { $0.model == index }) {
        warnings.append(
          "\(model.name) cuts texts into words differently than \(models[origin].name), whose way the output keeps: "
            + "some of its tokens may never be used")
      }
    }
  }

  private mutating func take(_ token: TokenText) -> Int {
    ids[token] = next
    next += 1
    return next - 1
  }

  private mutating func append(_ token: AddedToken, from model: Int) {
    newAdded.append(token)
    flags[token.text] = (token.flags, model)
  }

  /// Adds a token that another model has as an added one; the first definition counts.
  private mutating func add(_ token: TokenText, flags own: AddedToken.Flags, from model: Int) {
    if let known = flags[token] {
      if known.flags != own {
        warnings.append(
          "\(token) is defined differently by \(models[known.model].name) and \(models[model].name): "
            + "the first definition counts")
      }
      return
    }
    append(AddedToken(text: token, id: ids[token] ?? take(token), flags: own), from: model)
  }

  // MARK: Wishes

  private mutating func add(_ wish: VocabularyRequest.Wish) throws(VocabularyError) {
    switch wish.row {
    case .model(let model): try require(wish.token, in: model)
    case .token(let model, let token): try require(token, in: model)
    case .number(let model, let number):
      guard number < models[model].rowCount else {
        throw VocabularyError(
          "\(models[model].name) has no row \(number)", hint: "its embedding has \(models[model].rowCount) rows")
      }
    case .zero, nil: break
    }
    guard ids[wish.token] == nil else { return }
    var order = models.indices.filter { models[$0].isMerged }
    if case .model(let named) = wish.row { order.insert(named, at: 0) }
    let definition = order.compactMap { models[$0].flags[wish.token] }.first
    append(AddedToken(text: wish.token, id: take(wish.token), flags: definition ?? .init()), from: origin)
  }

  private func require(_ token: TokenText, in model: Int) throws(VocabularyError) {
    guard models[model].rows[token] == nil else { return }
    if let id = models[model].file.tokens[token] {
      throw VocabularyError(
        "\(models[model].name) has no row for \(token)",
        hint: "the token has the number \(id), but its embedding ends at \(models[model].rowCount)")
    }
    throw VocabularyError(
      "\(models[model].name) has no token \(token)", hint: nearest(token.text, in: models[model]))
  }

  private func nearest(_ text: String, in model: ModelVocabulary) -> String {
    // Only added tokens have names that people misspell.
    NearestName.of(text, in: model.file.added.map(\.text.text)).map { "did you mean \($0)?" }
      ?? "spaces and other letters are spelt as in its tokenizer.json"
  }

  private mutating func warnAboutSurplus() {
    let lost = models[origin].surplus.filter { token in token.id >= rowCount }
    guard let first = lost.first else { return }
    warnings.append(
      "\(first.token)" + (lost.count > 1 ? " and \(lost.count - 1) more" : "")
        + " of \(models[origin].name) have no row in its embedding and none in the output")
  }
}
