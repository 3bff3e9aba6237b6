internal import Documents

/// What a server can do, as a few small requests have shown.
struct EngineTraits: Hashable, Sendable {
  /// What the server calls the model.
  var model: String
  /// The most tokens that it can look at, if it says so.
  var length: Int?
  /// Whether prompts may be lists of tokens; otherwise they are put as text.
  var takesTokens = true
  /// Whether a request may hold several prompts.
  var takesSeveral = true
  /// Whether the server puts the begin token in front of a text itself.
  var addsBegin = false
  /// Whether the begin token is missing in the lists of an answer.
  var leavesOutBegin = false
  /// Whether settings beyond OpenAI's protocol may be sent.
  var takesExtensions = false
  /// Whether answers spell tokens by their numbers.
  var namesNumbers = false
  /// Whether answers tell the likeliest token of each place, so that it is known what a model would have chosen.
  var tellsFirstChoices = true
  /// What a reader of the scores should know.
  var remarks: [String] = []
}

extension EngineTraits {
  /// Picks the model among those that a server lists.
  ///
  /// - Parameter listing: nil if the server lists none.
  /// - Throws: an ``EngineError`` if it is not clear which one is meant.
  init(_ listing: ModelListing?, chosen connection: EngineConnection) throws(EngineError) {
    let entries = listing?.entries ?? []
    if let name = connection.options.model {
      let entry = entries.first { $0.name == name }
      guard entry != nil || entries.isEmpty else {
        let nearest = NearestName.of(name, in: entries.map(\.name)).map { "; did you mean \(PrintableText.of($0))?" }
        throw connection.failure(
          "the server has no model \(PrintableText.quoted(name)); it has \(listing?.names ?? "none")\(nearest ?? "")")
      }
      self.init(model: name, length: entry?.length)
    } else {
      guard let entry = entries.first else {
        throw connection.failure("the server lists no model; name one with --engine-model")
      }
      guard entries.count == 1 else {
        throw connection.failure(
          "the server has \(entries.count) models, so one must be named with --engine-model: \(listing?.names ?? "")")
      }
      self.init(model: entry.name, length: entry.length)
    }
  }
}
