internal import Kernels

extension LanguageModel {
  /// The log-likelihood of each continuation after its context, in the order of the requests.
  ///
  /// A request that fits into a batch is one set of rows: its context, then every continuation but its last token.
  /// Longer ones are computed alone, piece by piece, with their keys and values kept.
  public func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    var tally = Tally(requests, finished)
    let jobs = try jobs(requests)
    try withWorkspace { workspace in
      var batch = ScoringBatch(model: self)
      for job in jobs {
        if job.rows > rowsPerBatch {
          try scoreAlone(job, tally: &tally, workspace: workspace, progress: progress, finished: finished)
          continue
        }
        if batch.rows + job.rows > rowsPerBatch {
          try run(batch, tally: &tally, workspace: workspace, progress: progress, finished: finished)
          batch = ScoringBatch(model: self)
        }
        batch.add(job)
      }
      try run(batch, tally: &tally, workspace: workspace, progress: progress, finished: finished)
    }
    return tally.scores
  }

  /// Checks the requests and puts them into the order of computation: the longest first, so that the sequences of a
  /// batch are alike.
  private func jobs(_ requests: [ScoringRequest]) throws(ModelError) -> [ScoringJob] {
    var jobs: [ScoringJob] = []
    for (number, request) in requests.enumerated() {
      guard !request.context.isEmpty else {
        throw .request(model: name, message: "prompt \(number + 1) has an empty context")
      }
      try check(request.context, request: number)
      // Continuations whose positions are scaled differently cannot share the context's keys.
      var byRegime: [Int: [Int]] = [:]
      for (index, continuation) in request.continuations.enumerated() where !continuation.isEmpty {
        try check(continuation, request: number)
        let regime = architecture.rotations.regime(length: request.context.count + continuation.count - 1)
        byRegime[regime, default: []].append(index)
      }
      for (_, continuations) in byRegime.sorted(by: { $0.key < $1.key }) {
        jobs.append(ScoringJob(request: number, of: request, continuations: continuations))
      }
    }
    return jobs.enumerated().sorted { ($1.element.rows, $0.offset) < ($0.element.rows, $1.offset) }.map(\.element)
  }

  private func run(
    _ batch: ScoringBatch, tally: inout Tally, workspace: Workspace, progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws {
    guard batch.rows > 0 else { return }
    let outcomes = try compute(batch.segments(in: workspace), wanted: batch.wanted, workspace: workspace)
    for (outcome, targets) in zip(outcomes, batch.targets) { tally.add(outcome, targets, finished) }
    progress(batch.rows)
  }

  /// Scores a request that is longer than a batch.
  private func scoreAlone(
    _ job: ScoringJob, tally: inout Tally, workspace: Workspace, progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws {
    let context = KeyValueCache(tokens: job.contextTokens.count, layout: architecture.keyValues)
    var sequences = [(tokens: job.contextTokens, cache: context, scored: job.contextTargets)]
    for (tokens, scored) in job.branches {
      let cache = KeyValueCache(
        tokens: tokens.count, layout: architecture.keyValues, first: job.contextTokens.count)
      sequences.append((tokens, cache, scored))
    }
    for (number, sequence) in sequences.enumerated() {
      var start = 0
      while start < sequence.tokens.count {
        let end = min(sequence.tokens.count, start + rowsPerBatch)
        let segment = Segment(
          tokens: sequence.tokens[start..<end], own: sequence.cache.memory, filled: start,
          shared: number == 0 ? [] : [KeyValueSpan(memory: context.memory, count: job.contextTokens.count)],
          rotations: architecture.rotations.table(length: job.length), request: job.request)
        let scored = sequence.scored.filter { start..<end ~= $0.row }
        let outcomes = try compute(
          [segment], wanted: scored.map { ($0.row - start, $0.targets.map(\.token)) }, workspace: workspace)
        for (outcome, row) in zip(outcomes, scored) { tally.add(outcome, row.targets, finished) }
        progress(end - start)
        start = end
      }
    }
  }
}

/// A token whose log-probability counts for a continuation.
struct ScoringTarget {
  var request: Int
  var continuation: Int
  var token: Int
}

/// A row, counted within its sequence, and the tokens that it predicts.
struct ScoredRow {
  var row: Int
  var targets: [ScoringTarget]
}

/// A context and the continuations that are computed with it.
struct ScoringJob {
  let request: Int
  /// The tokens of the trunk: the context, and a continuation if there is only one.
  let contextTokens: [Int]
  /// What the trunk's rows predict.
  let contextTargets: [ScoredRow]
  /// Continuations of several tokens, less the last, and what their rows predict.
  let branches: [(tokens: [Int], scored: [ScoredRow])]
  /// The length of the longest sequence.
  let length: Int

  /// How many tokens are computed.
  var rows: Int { branches.reduce(contextTokens.count) { $0 + $1.tokens.count } }

  init(request number: Int, of request: ScoringRequest, continuations: [Int]) {
    self.request = number
    let count = request.context.count
    func target(_ continuation: Int, _ index: Int) -> ScoringTarget {
      ScoringTarget(
        request: number, continuation: continuation, token: request.continuations[continuation][index])
    }
    length = count + (continuations.map { request.continuations[$0].count }.max() ?? 1) - 1
    if continuations.count == 1, let only = continuations.first {
      let tokens = request.continuations[only]
      contextTokens = request.context + tokens.dropLast()
      contextTargets = tokens.indices.map { ScoredRow(row: count - 1 + $0, targets: [target(only, $0)]) }
      branches = []
    } else {
      contextTokens = request.context
      contextTargets = [ScoredRow(row: count - 1, targets: continuations.map { target($0, 0) })]
      branches = continuations.compactMap { continuation in
        let tokens = request.continuations[continuation]
        guard tokens.count > 1 else { return nil }
        return (
          Array(tokens.dropLast()),
          (1..<tokens.count).map { ScoredRow(row: $0 - 1, targets: [target(continuation, $0)]) }
        )
      }
    }
  }
}

/// Jobs that are computed together.
struct ScoringBatch {
  private let model: LanguageModel
  private var jobs: [ScoringJob] = []
  private(set) var rows = 0
  /// The rows whose logits are wanted, counted over the batch, with the tokens.
  private(set) var wanted: [(row: Int, tokens: [Int])] = []
  /// For each of these rows, what its logits count for.
  private(set) var targets: [[ScoringTarget]] = []

  init(model: LanguageModel) { self.model = model }

  mutating func add(_ job: ScoringJob) {
    jobs.append(job)
    var first = rows
    for (count, scored) in [(job.contextTokens.count, job.contextTargets)]
      + job.branches.map({ ($0.tokens.count, $0.scored) })
    {
      for row in scored {
        wanted.append((first + row.row, row.targets.map(\.token)))
        targets.append(row.targets)
      }
      first += count
    }
    rows = first
  }

  /// The segments of the batch, with keys and values of one layer at a time.
  func segments(in workspace: Workspace) -> [Segment] {
    let layout = model.architecture.keyValues
    let spans = jobs.flatMap { job in
      [(first: 0, count: job.contextTokens.count)]
        + job.branches.map { (first: job.contextTokens.count, count: $0.tokens.count) }
    }
    let sizes = spans.map { layout.layerSize(capacity: layout.capacity($0.count, from: $0.first)) }
    var place = workspace.keyValues.floats(sizes.reduce(0, +))
    var number = 0
    func next() -> KeyValueMemory {
      defer {
        place += sizes[number]
        number += 1
      }
      let span = spans[number]
      return KeyValueMemory(
        base: place, capacity: layout.capacity(span.count, from: span.first), layout: layout, keepsLayers: false,
        first: span.first)
    }
    var segments: [Segment] = []
    for job in jobs {
      let rotations = model.architecture.rotations.table(length: job.length)
      let trunk = next()
      segments.append(
        Segment(tokens: job.contextTokens[...], own: trunk, rotations: rotations, request: job.request))
      for branch in job.branches {
        segments.append(
          Segment(
            tokens: branch.tokens[...], own: next(),
            shared: [KeyValueSpan(memory: trunk, count: job.contextTokens.count)], rotations: rotations,
            request: job.request))
      }
    }
    return segments
  }
}

/// The scores as they come together, in float64.
private struct Tally {
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
