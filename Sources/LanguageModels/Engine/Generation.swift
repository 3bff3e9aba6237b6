extension LanguageModel {
  /// Greedy continuations, in the order of the requests.
  ///
  /// Many prompts go on at once; when one ends, the next one takes its place, and its prompt is computed together with
  /// the next tokens of the others. What several prompts begin with, such as worked examples, is computed once.
  public func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    var results = requests.map { _ in GeneratedTokens(tokens: [], ended: false) }
    for (number, request) in requests.enumerated() {
      guard !request.prompt.isEmpty else {
        throw ModelError.request(model: name, message: "prompt \(number + 1) is empty")
      }
      try check(request.prompt, request: number)
      if request.maximumNewTokens < 1 { finished(number, results[number]) }
    }
    let active = requests.indices.filter { requests[$0].maximumNewTokens > 0 }
    // Keys are shared only by sequences that never come into another rotary regime.
    let plain = active.filter {
      architecture.rotations.regime(length: requests[$0].prompt.count + requests[$0].maximumNewTokens)
        == architecture.rotations.regime(length: 1)
    }
    // Prompts that begin alike follow each other, the longest of the others first; taken from the end.
    var beginnings = SharedBeginnings(plain.map { (number: $0, prompt: requests[$0].prompt) })
    var waiting = active.sorted {
      (beginnings.order(of: $1), requests[$0].prompt.count, $1) < (
        beginnings.order(of: $0), requests[$1].prompt.count, $0
      )
    }
    try withWorkspace { workspace in
      var running: [RunningGeneration] = []
      while !running.isEmpty || !waiting.isEmpty {
        try admit(
          &waiting, to: &running, requests: requests, beginnings: &beginnings, workspace: workspace, progress: progress)
        let steps = steps(of: &running)
        let outcomes = try compute(steps.segments, wanted: steps.wanted.map { ($0.row, []) }, workspace: workspace)
        progress(steps.rows)
        for (outcome, step) in zip(outcomes, steps.wanted) {
          let request = running[step.running].request
          if endTokens.contains(outcome.best) {
            results[request].ended = true
            running[step.running].isDone = true
          } else {
            results[request].tokens.append(outcome.best)
            running[step.running].tokens.append(outcome.best)
            running[step.running].isDone = results[request].tokens.count >= requests[request].maximumNewTokens
            if requests[request].isStopped(results[request].tokens, by: tokenizer) {
              results[request].ended = true
              running[step.running].isDone = true
            }
          }
          if running[step.running].isDone { finished(request, results[request]) }
        }
        running.removeAll(where: \.isDone)
      }
    }
    return results
  }

  /// The sequences that go on at once at the most: beyond, products do not get faster.
  private static let sequencesAtOnce = 256
  /// The memory that their keys and values may take; one sequence is always let in.
  private static let keyValueBytes = 1 << 30

  private func admit(
    _ waiting: inout [Int], to running: inout [RunningGeneration], requests: [GenerationRequest],
    beginnings: inout SharedBeginnings, workspace: Workspace, progress: (Int) -> Void
  ) throws {
    let layout = architecture.keyValues
    var bytes = running.reduce(0) { $0 + KeyValueCache.byteCount(tokens: $1.length - $1.first, layout: layout) }
    // Rows that are left for prompts beside one for every sequence that goes on.
    var rows = running.reduce(0) { $0 + $1.tokens.count - $1.computed }
    while let next = waiting.last, running.count < Self.sequencesAtOnce, rows < rowsPerBatch {
      // The last new token is never computed.
      let length = requests[next].prompt.count + requests[next].maximumNewTokens - 1
      let first = beginnings.count(of: next)
      let size = KeyValueCache.byteCount(tokens: length - first, layout: layout)
      guard running.isEmpty || bytes + size <= Self.keyValueBytes else { return }
      waiting.removeLast()
      let kept = try beginnings.take(next) { node, before in
        progress(node.tokens.count)
        return try keep(node, behind: before, request: next, workspace: workspace)
      }
      running.append(
        RunningGeneration(
          request: next, tokens: requests[next].prompt, length: length, first: first, kept: kept,
          cache: KeyValueCache(tokens: length - first, layout: layout, first: first), computed: first,
          promptCount: requests[next].prompt.count))
      bytes += size
      rows += requests[next].prompt.count - first
    }
  }

  /// Computes tokens that several prompts begin with.
  private func keep(
    _ node: TokenTree.Node, behind kept: [KeptSpan], request: Int, workspace: Workspace
  ) throws -> KeptSpan {
    let cache = KeyValueCache(tokens: node.tokens.count, layout: architecture.keyValues, first: node.first)
    for start in stride(from: 0, to: node.tokens.count, by: rowsPerBatch) {
      let end = min(node.tokens.count, start + rowsPerBatch)
      let segment = Segment(
        tokens: node.tokens[start..<end], own: cache.memory, filled: start, shared: kept.map(\.span),
        rotations: architecture.rotations.table(length: node.end), request: request)
      _ = try compute([segment], wanted: [], workspace: workspace)
    }
    return KeptSpan(cache: cache, count: node.tokens.count)
  }

  /// The next tokens of every sequence, as far as they fit into a batch, and behind them what is left of prompts.
  private func steps(
    of running: inout [RunningGeneration]
  ) -> (segments: [Segment], wanted: [(row: Int, running: Int)], rows: Int) {
    var segments: [Segment] = []
    var wanted: [(row: Int, running: Int)] = []
    var rows = 0
    for index in running.indices {
      let regime = architecture.rotations.regime(length: running[index].tokens.count)
      if architecture.restartsWithRegime, running[index].regime != regime { running[index].restart() }
      running[index].regime = regime
    }
    let order =
      running.indices.filter { running[$0].isAtNextToken } + running.indices.filter { !running[$0].isAtNextToken }
    for index in order {
      let sequence = running[index]
      let count = min(sequence.tokens.count - sequence.computed, rowsPerBatch - rows)
      guard count > 0 else { break }
      let end = sequence.computed + count
      segments.append(
        Segment(
          tokens: sequence.tokens[sequence.computed..<end], own: sequence.cache.memory,
          filled: sequence.computed - sequence.first, shared: sequence.kept.map(\.span),
          rotations: architecture.rotations.table(length: sequence.tokens.count), request: sequence.request,
          isNextToken: sequence.isAtNextToken))
      rows += count
      running[index].computed = end
      if end == sequence.tokens.count { wanted.append((rows - 1, index)) }
    }
    return (segments, wanted, rows)
  }
}

/// A prompt that is being continued.
private struct RunningGeneration {
  let request: Int
  /// The prompt and what was added to it.
  var tokens: [Int]
  /// The most tokens that are ever computed.
  let length: Int
  /// How many tokens at the front others begin with as well, and their keys and values.
  let first: Int
  let kept: [KeptSpan]
  /// The keys and values of the others.
  let cache: KeyValueCache
  /// How many of the tokens were computed.
  var computed: Int
  /// How many tokens are computed as a prompt is, and not one by one.
  var promptCount: Int
  /// The rotary regime in which they were.
  var regime = 0
  var isDone = false

  /// Whether all that is left to compute is the token that was added last.
  var isAtNextToken: Bool { computed >= promptCount }

  /// Computes everything anew, what was added included.
  mutating func restart() {
    computed = 0
    promptCount = tokens.count
  }
}
