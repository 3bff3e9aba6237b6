import BraidTesting
import LanguageModels
import Synchronization
import Testing

/// What prompts have in common is computed once, and this changes no bit of any result.
struct SharedBeginningTests {
  /// Requests whose contexts and continuations branch at random places, with repetitions and nested beginnings.
  private func requests(_ count: Int, seed: UInt64) -> [ScoringRequest] {
    var generator = SeededGenerator(seed: seed)
    func tokens(_ range: ClosedRange<Int>) -> [Int] {
      // Two letters, so that beginnings are often equal.
      (0..<Int.random(in: range, using: &generator)).map { _ in Int.random(in: 5...6, using: &generator) }
    }
    let examples = (0..<3).map { _ in [0] + tokens(20...60) }
    return (0..<count).map { _ in
      ScoringRequest(
        context: examples[Int.random(in: 0..<3, using: &generator)] + tokens(0...6),
        continuations: (0..<Int.random(in: 1...4, using: &generator)).map { _ in tokens(1...5) })
    }
  }

  private func computed(_ model: LanguageModel, _ requests: [ScoringRequest]) throws
    -> (scores: [[ContinuationScore]], tokens: Int)
  {
    let count = Mutex(0)
    let scores = try model.score(requests) { tokens in count.withLock { $0 += tokens } }
    return (scores, count.withLock { $0 })
  }

  /// How many different beginnings the sequences of requests have: what must be computed.
  private func distinct(_ requests: [ScoringRequest]) -> Int {
    var beginnings = Set<[Int]>()
    for request in requests {
      for continuation in request.continuations {
        let sequence = request.context + continuation.dropLast()
        for end in 1...sequence.count { beginnings.insert(Array(sequence[..<end])) }
      }
    }
    return beginnings.count
  }

  @Test(arguments: [nil, 64, 7, 1] as [Int?])
  func `every distinct beginning is computed once, and scores keep their bits`(rows: Int?) throws {
    let model = try Models.load("families/a/base", rowsPerBatch: rows)
    let alone = try Models.load("families/a/base", threads: 1)
    let requests = requests(60, seed: 1)
    let (scores, tokens) = try computed(model, requests)
    #expect(tokens == distinct(requests))
    #expect(try requests.map { try alone.score([$0]) { _ in }[0] } == scores)
  }

  @Test func `requests that are alike, or begin others, are answered each for itself`() throws {
    let model = try Models.load("families/a/base")
    let context = [0, 5, 6, 7]
    let requests = [
      ScoringRequest(context: context, continuations: [[8], [8, 9], [8, 9, 10]]),
      ScoringRequest(context: context + [8], continuations: [[9], [9]]),
      ScoringRequest(context: context, continuations: [[8]]),
    ]
    let (scores, tokens) = try computed(model, requests)
    #expect(tokens == 6)
    #expect(scores[0][0] == scores[2][0])
    #expect(scores[1][0] == scores[1][1])
    #expect(scores[0][1].logLikelihood == scores[0][0].logLikelihood + scores[1][0].logLikelihood)
  }

  @Test func `finished requests are reported once, with the scores they have in the end`() throws {
    let model = try Models.load("families/a/base", rowsPerBatch: 30)
    let requests = requests(30, seed: 2) + [ScoringRequest(context: [0], continuations: [])]
    let reported = Mutex<[Int: [ContinuationScore]]>([:])
    let scores = try model.score(requests, progress: { _ in }) { number, scores in
      reported.withLock { #expect($0.updateValue(scores, forKey: number) == nil) }
    }
    #expect(reported.withLock { $0 } == Dictionary(uniqueKeysWithValues: zip(0..., scores)))
  }

  @Test func `generations that begin alike share their beginning and keep their tokens`() throws {
    let model = try Models.load("families/a/base")
    let examples = [0] + (0..<40).map { 5 + $0 % 9 }
    var requests = (0..<6).map {
      GenerationRequest(prompt: examples + [5 + $0, 7, 8], maximumNewTokens: 6)
    }
    requests += [
      GenerationRequest(prompt: examples, maximumNewTokens: 3),
      GenerationRequest(prompt: examples, maximumNewTokens: 3), GenerationRequest(prompt: [0, 9], maximumNewTokens: 3),
    ]
    let count = Mutex(0)
    let finished = Mutex<[Int: GeneratedTokens]>([:])
    let together = try model.generate(requests) { tokens in
      count.withLock { $0 += tokens }
    } finished: { number, value in
      finished.withLock { $0[number] = value }
    }
    for (number, request) in requests.enumerated() {
      #expect(try model.generate([request]) { _ in } == [together[number]])
      #expect(finished.withLock { $0[number] } == together[number])
    }
    // Each distinct beginning once, the last token of each prompt, and every new token but the last; the one token that
    // [0, 9] has in common with the others is not worth sharing.
    var beginnings = Set<[Int]>()
    for request in requests {
      for end in 1..<request.prompt.count { beginnings.insert(Array(request.prompt[..<end])) }
    }
    let steps = together.reduce(0) { $0 + $1.tokens.count + ($1.ended ? 1 : 0) - 1 }
    #expect(count.withLock { $0 } == beginnings.count + requests.count + steps + 1)
  }
}
