/// A token whose log-probability counts for a continuation.
struct ScoringTarget {
  var request: Int
  var continuation: Int
  var token: Int
}

/// Scores as they come together, in float64.
///
/// A continuation's log-probabilities are added in the order of its tokens whatever the order of the passes, so that the
/// sum is the same to the last bit.
struct ScoringTally {
  private(set) var scores: [[ContinuationScore]]
  /// How many tokens of each request are still to be scored.
  private var waiting: [Int]

  init(_ requests: [ScoringRequest], _ finished: (Int, [ContinuationScore]) -> Void) {
    scores = requests.map { request in
      request.continuations.map { _ in ContinuationScore(logLikelihood: 0, isGreedy: true) }
    }
    waiting = requests.map { $0.continuations.reduce(0) { $0 + $1.count } }
    for number in requests.indices where waiting[number] == 0 { finished(number, scores[number]) }
  }

  mutating func add(
    _ outcome: LanguageHead.Outcome, _ targets: [ScoringTarget], _ finished: (Int, [ContinuationScore]) -> Void
  ) {
    for (target, logit) in zip(targets, outcome.logits) {
      scores[target.request][target.continuation].logLikelihood += Double(logit) - outcome.logSum
      if outcome.best != target.token { scores[target.request][target.continuation].isGreedy = false }
      waiting[target.request] -= 1
      if waiting[target.request] == 0 { finished(target.request, scores[target.request]) }
    }
  }
}
