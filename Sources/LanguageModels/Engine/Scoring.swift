internal import Kernels

extension LanguageModel {
  /// The log-likelihood of each continuation after its context, in the order of the requests.
  ///
  /// All contexts and continuations form one tree of tokens, so that every beginning that several have in common, be it
  /// a question before its choices or the examples before all questions, is computed once. The tree is cut into passes
  /// of at most ``rowsPerBatch`` tokens; only where a part is too large for one pass are its first tokens' keys and
  /// values kept.
  public func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    var tally = ScoringTally(requests, finished)
    // Sequences whose positions are scaled differently share no keys.
    var regimes: [Int: [TokenTree.Sequence]] = [:]
    for (number, request) in requests.enumerated() {
      for sequence in try sequences(of: request, number: number) {
        regimes[architecture.rotations.regime(length: sequence.count), default: []].append(sequence)
      }
    }
    try withWorkspace { workspace in
      var run = ScoringRun(model: self, workspace: workspace)
      func report(_ pass: ScoringPass, _ outcomes: [LanguageHead.Outcome]) {
        for (outcome, targets) in zip(outcomes, pass.targets) { tally.add(outcome, targets, finished) }
        progress(pass.rows)
      }
      for (_, sequences) in regimes.sorted(by: { $0.key < $1.key }) {
        try run.compute(TokenTree(sequences), length: sequences.map(\.count).max() ?? 1, report: report)
      }
      try run.finish(report)
    }
    return tally.scores
  }

  /// What is computed for a request: its context with each continuation but for the last token, which is only predicted.
  private func sequences(of request: ScoringRequest, number: Int) throws(ModelError) -> [TokenTree.Sequence] {
    guard !request.context.isEmpty else {
      throw .request(model: name, message: "prompt \(number + 1) has an empty context")
    }
    try check(request.context, request: number)
    var sequences: [TokenTree.Sequence] = []
    for (index, continuation) in request.continuations.enumerated() where !continuation.isEmpty {
      try check(continuation, request: number)
      let targets = continuation.enumerated().map { place, token in
        (
          position: request.context.count - 1 + place,
          target: ScoringTarget(request: number, continuation: index, token: token)
        )
      }
      sequences.append(
        TokenTree.Sequence(head: request.context, tail: continuation.dropLast(), targets: targets, request: number))
    }
    return sequences
  }
}
