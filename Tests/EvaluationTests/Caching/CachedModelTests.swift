import BraidTesting
import Evaluation
import Foundation
import LanguageModels
import Synchronization
import Testing

/// A model that counts what it is asked.
private final class CountingModel: TextModel {
  let model = FakeModel(writes: { ($0 + "!", true) })
  let scored = Mutex(0)
  let generated = Mutex(0)
  /// Fails after so many requests, as a killed run does.
  let limit: Int

  init(limit: Int = .max) { self.limit = limit }

  var tokenizer: any TextTokenizer { model.tokenizer }
  var maximumLength: Int { model.maximumLength }
  var prefixToken: Int? { model.prefixToken }
  var endTokens: Set<Int> { model.endTokens }

  struct Killed: Error {}

  func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    try requests.enumerated().map { number, request in
      guard number < limit else { throw Killed() }
      scored.withLock { $0 += request.continuations.count }
      let scores = try model.score([request]) { _ in }[0]
      finished(number, scores)
      return scores
    }
  }

  func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    generated.withLock { $0 += requests.count }
    return try model.generate(requests, progress: progress, finished: finished)
  }
}

struct CachedModelTests {
  private let fingerprint = ModelFingerprint(of: ["weights 1"])
  private let requests = [
    ScoringRequest(context: [1, 2], continuations: [[3], [4, 5]]), ScoringRequest(context: [9], continuations: [[3]]),
  ]
  private let prompts = [GenerationRequest(prompt: [65, 66], maximumNewTokens: 4)]

  private func cached(_ model: CountingModel, in folder: String, _ fingerprint: ModelFingerprint? = nil) throws
    -> CachedModel
  {
    CachedModel(
      model, journal: try ObservationJournal(folder: folder, fingerprint: fingerprint ?? self.fingerprint))
  }

  @Test func `what was asked once is never computed again, and equal to the last bit`() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (CountingModel(), CountingModel())
    let model = try cached(first, in: folder("a/b"))
    let scores = try model.score(requests) { _ in }
    let generated = try model.generate(prompts) { _ in }
    let again = try cached(second, in: folder("a/b"))
    #expect(try again.score(requests) { _ in } == scores)
    #expect(try again.generate(prompts) { _ in } == generated)
    #expect(first.scored.withLock { $0 } == 3 && first.generated.withLock { $0 } == 1)
    #expect(second.scored.withLock { $0 } == 0 && second.generated.withLock { $0 } == 0)
    #expect(try first.model.score(requests) { _ in } == scores)
  }

  @Test func `only what is new is computed when prompts or choices are added`() throws {
    let folder = try TemporaryFolder()
    _ = try cached(CountingModel(), in: folder.path).score(requests) { _ in }
    var more = requests
    more[0].continuations.insert([7, 7], at: 1)
    more.append(ScoringRequest(context: [1], continuations: [[2]]))
    let counting = CountingModel()
    let scores = try cached(counting, in: folder.path).score(more) { _ in }
    #expect(counting.scored.withLock { $0 } == 2)
    #expect(try counting.model.score(more) { _ in } == scores)
  }

  @Test func `two models never share an entry`() throws {
    let folder = try TemporaryFolder()
    _ = try cached(CountingModel(), in: folder.path).score(requests) { _ in }
    let other = CountingModel()
    _ = try cached(other, in: folder.path, ModelFingerprint(of: ["weights 2"])).score(requests) { _ in }
    #expect(other.scored.withLock { $0 } == 3)
    // What stands on one line cannot be mistaken for what stands on two.
    #expect(ModelFingerprint(of: ["a", "b"]) != ModelFingerprint(of: ["a\n1 b"]))
  }

  @Test func `a run that is killed keeps what it had computed`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CountingModel.Killed.self) {
      _ = try cached(CountingModel(limit: 1), in: folder.path).score(requests) { _ in }
    }
    let rest = CountingModel()
    _ = try cached(rest, in: folder.path).score(requests) { _ in }
    #expect(rest.scored.withLock { $0 } == 1)
  }

  @Test func `a journal that was torn or damaged anywhere gives no wrong score`() throws {
    let folder = try TemporaryFolder()
    let journal = try ObservationJournal(folder: folder.path, fingerprint: fingerprint)
    let scores = try CachedModel(CountingModel(), journal: journal).score(requests) { _ in }
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: journal.path)))
    for end in stride(from: 0, through: whole.count, by: 7) {
      try Data(whole[..<end]).write(to: URL(fileURLWithPath: journal.path))
      #expect(try cached(CountingModel(), in: folder.path).score(requests) { _ in } == scores, "cut at \(end)")
    }
    for place in stride(from: 0, to: whole.count, by: 3) {
      var damaged = whole
      damaged[place] = damaged[place] == 0x31 ? 0x32 : 0x31
      try Data(damaged).write(to: URL(fileURLWithPath: journal.path))
      #expect(try cached(CountingModel(), in: folder.path).score(requests) { _ in } == scores, "byte \(place)")
    }
  }

  @Test func `a folder that cannot be made is an error that names it`() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: URL(fileURLWithPath: folder("file")))
    let error = #expect(throws: JournalError.self) {
      _ = try ObservationJournal(folder: folder("file/below"), fingerprint: fingerprint)
    }
    #expect(error?.path.hasSuffix("/file/below") == true)
  }
}
