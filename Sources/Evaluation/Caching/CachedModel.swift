internal import Checkpoints
public import LanguageModels

/// A model that is asked only what its journal does not know yet.
///
/// Observations are kept by the tokens that were put to the model, so that a prompt that appears in several tasks, or
/// again with other choices, is known as far as it was computed.
public struct CachedModel: TextModel {
  private let model: any TextModel
  private let journal: ObservationJournal

  /// Puts a journal before a model.
  public init(_ model: any TextModel, journal: ObservationJournal) {
    self.model = model
    self.journal = journal
  }

  /// The model's tokenizer.
  public var tokenizer: any TextTokenizer { model.tokenizer }
  /// The most tokens the model can look at.
  public var maximumLength: Int { model.maximumLength }
  /// The token put in front of a text that has no context.
  public var prefixToken: Int? { model.prefixToken }
  /// The tokens that end a generation.
  public var endTokens: Set<Int> { model.endTokens }
  /// The model's own way to write a conversation.
  public var chatTemplate: ChatTemplate? { model.chatTemplate }

  /// The log-likelihoods: known ones from the journal, the others from the model.
  public func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    var scores = requests.map { $0.continuations.map { _ in ContinuationScore(logLikelihood: 0, isGreedy: true) } }
    // What is left to do: the request, and which of its continuations.
    var missing: [(request: Int, continuations: [Int])] = []
    for (number, request) in requests.enumerated() {
      var unknown: [Int] = []
      for (index, continuation) in request.continuations.enumerated() {
        if let known = journal.score(ObservationKey.score(request.context, continuation)) {
          scores[number][index] = known
        } else {
          unknown.append(index)
        }
      }
      if unknown.isEmpty {
        finished(number, scores[number])
      } else {
        missing.append((number, unknown))
      }
    }
    let left = missing.map { number, continuations in
      ScoringRequest(
        context: requests[number].context, continuations: continuations.map { requests[number].continuations[$0] })
    }
    let journal = self.journal
    let made = try model.score(left, progress: progress) { index, values in
      let request = left[index]
      journal.keep(
        zip(request.continuations, values).map { (ObservationKey.score(request.context, $0), $1) })
    }
    guard made.count == missing.count else {
      throw EvaluationError.unanswered(requests: missing.count, answers: made.count)
    }
    for ((number, continuations), values) in zip(missing, made) {
      for (index, value) in zip(continuations, values) { scores[number][index] = value }
      finished(number, scores[number])
    }
    return scores
  }

  /// Greedy continuations: known ones from the journal, the others from the model.
  public func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    var results = requests.map { self.journal.generation(ObservationKey.generation($0)) }
    let missing = results.indices.filter { results[$0] == nil }
    for (number, known) in results.enumerated() {
      guard let known else { continue }
      finished(number, known)
    }
    let journal = self.journal
    let made = try model.generate(missing.map { requests[$0] }, progress: progress) { index, generation in
      journal.keep(ObservationKey.generation(requests[missing[index]]), generation)
      finished(missing[index], generation)
    }
    guard made.count == missing.count else {
      throw EvaluationError.unanswered(requests: missing.count, answers: made.count)
    }
    for (number, generation) in zip(missing, made) { results[number] = generation }
    return results.compactMap { $0 }
  }
}

/// The digests by which observations are known.
enum ObservationKey {
  static func score(_ context: [Int], _ continuation: [Int]) -> ContentDigest {
    digest([Int.max, context.count] + context + continuation)
  }

  static func generation(_ request: GenerationRequest) -> ContentDigest {
    let stops = request.stops.flatMap { [$0.utf8.count] + $0.utf8.map(Int.init) }
    return digest([Int.min, request.maximumNewTokens, request.stops.count] + stops + request.prompt)
  }

  private static func digest(_ numbers: [Int]) -> ContentDigest {
    // Little-endian, so that a journal may move between machines.
    numbers.map(\.littleEndian).withUnsafeBytes { ContentDigest(of: $0) }
  }
}
