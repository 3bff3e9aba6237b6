import LanguageModels
import Synchronization
import Testing

/// Results may not depend on what is computed together.
struct BatchTests {
  @Test func `scores do not depend on batches or threads`() throws {
    let reference = try Models.load("families/a/base", threads: 1)
    let oracle = try Oracle("base", tokenizer: reference.tokenizer, prefix: 0)
    let requests = Array(oracle.choices.map(\.request).prefix(40)) + Array(oracle.texts.map(\.request).prefix(20))
    let alone = try requests.map { try reference.score([$0]) { _ in }[0] }
    for (threads, rows) in [(1, nil), (2, nil), (3, 200), (2, 37), (2, 3), (1, 1)] as [(Int, Int?)] {
      let model = try Models.load("families/a/base", threads: threads, rowsPerBatch: rows)
      let scores = try model.score(requests) { _ in }
      #expect(scores == alone, "\(threads) threads, \(rows ?? 0) rows")
    }
  }

  @Test func `the number of threads does not change a bit`() throws {
    let one = try Models.load("families/a/base", threads: 1)
    let three = try Models.load("families/a/base", threads: 3)
    let oracle = try Oracle("base", tokenizer: one.tokenizer, prefix: 0)
    let requests = oracle.choices.map(\.request) + oracle.texts.map(\.request)
    #expect(try one.score(requests) { _ in } == three.score(requests) { _ in })
  }

  @Test func `generations do not depend on what else is generated`() throws {
    let model = try Models.load("families/a/base")
    let oracle = try Oracle("base", tokenizer: model.tokenizer, prefix: 0)
    let requests = Array(oracle.generations.map(\.request).prefix(30))
    let together = try model.generate(requests) { _ in }
    for rows in [1, 7, 50] {
      let small = try Models.load("families/a/base", rowsPerBatch: rows)
      #expect(try small.generate(requests) { _ in } == together, "\(rows) rows")
    }
    for (request, expected) in zip(requests, together) {
      #expect(try model.generate([request]) { _ in } == [expected])
    }
  }

  @Test func `progress counts every computed token once`() throws {
    let model = try Models.load("families/a/base")
    let counter = Counter()
    _ = try model.score([ScoringRequest(context: [0, 5, 6], continuations: [[7], [8, 9], [10, 11, 12]])]) {
      counter.add($0)
    }
    // Three of the context, none, one and two of the continuations.
    #expect(counter.total == 6)
  }

  @Test func `an empty continuation is certain, no requests give no scores`() throws {
    let model = try Models.load("families/a/base")
    #expect(try model.score([]) { _ in } == [])
    #expect(try model.generate([]) { _ in } == [])
    let scores = try model.score([ScoringRequest(context: [0], continuations: [[], [5]])]) { _ in }
    #expect(scores[0][0] == ContinuationScore(logLikelihood: 0, isGreedy: true))
    #expect(try model.score([ScoringRequest(context: [0], continuations: [])]) { _ in } == [[]])
    let none = try model.generate([GenerationRequest(prompt: [0, 5], maximumNewTokens: 0)]) { _ in }
    #expect(none == [GeneratedTokens(tokens: [], ended: false)])
  }

  @Test func `bfloat16 stays close to float32`() throws {
    let exact = try Models.load("families/a/base")
    let rounded = try Models.load("families/a/base", precision: .bfloat16)
    let oracle = try Oracle("base", tokenizer: exact.tokenizer, prefix: 0)
    let requests = oracle.choices.map(\.request)
    let differences = zip(try exact.score(requests) { _ in }, try rounded.score(requests) { _ in }).flatMap {
      zip($0, $1).map { abs($0.logLikelihood - $1.logLikelihood) }
    }
    #expect((differences.max() ?? 1) < 0.5)
    #expect(differences.reduce(0, +) / Double(differences.count) < 0.05)
    #expect(rounded.precision == (Precision.bfloat16.isFast ? .bfloat16 : .float32))
    #expect(differences.contains { $0 > 1e-5 } == Precision.bfloat16.isFast)
  }
}

/// Counts from any thread.
private final class Counter: Sendable {
  private let sum = Mutex(0)
  func add(_ count: Int) { sum.withLock { $0 += count } }
  var total: Int { sum.withLock { $0 } }
}
