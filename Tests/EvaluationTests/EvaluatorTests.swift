import Evaluation
import LanguageModels
import Synchronization
import Testing

struct EvaluatorTests {
  private func prompts(_ lines: String...) throws -> PromptSet {
    try PromptSet(files: [PromptFile(name: "p", bytes: Array(lines.joined(separator: "\n").utf8))])
  }

  @Test func `answers come in the order of the prompts, whatever their kinds`() throws {
    let set = try prompts(
      #"{"id":"1","task":"t","text":"xy"}"#, #"{"id":"1","task":"g","prompt":"1+1=","target":"2"}"#,
      #"{"id":"1","task":"c","query":"q","choices":[" a"," bc"],"gold":0}"#,
      #"{"id":"2","task":"g","prompt":"long","target":"2"}"#)
    let model = FakeModel(
      writes: { $0 == "1+1=" ? ("2", true) : ("no end", false) }, logLikelihood: { -Double($1) - Double($0) / 1000 })
    let answers = try Evaluator(prompts: set, options: .init(maximumNewTokens: 4)).answers(of: model)
    #expect(
      answers == [
        Answer(.text(logLikelihood: -(120 + 0.256) - (121 + 0.12), tokens: 2, bytes: 2)),
        Answer(.generation("2")), Answer(.generation("no e"), isCutOff: true),
        Answer(.choices([-(32 + 0.113) - (97 + 0.032), -(32 + 0.113) - (98 + 0.032) - (99 + 0.098)])),
      ])
  }

  @Test func `choices share the work on their context`() throws {
    struct Counting: TextModel {
      var model = FakeModel()
      var tokenizer: any TextTokenizer { model.tokenizer }
      var maximumLength: Int { 8 }
      var prefixToken: Int? { model.prefixToken }
      var endTokens: Set<Int> { model.endTokens }
      let check: @Sendable ([ScoringRequest]) -> Void

      func score(
        _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
        finished: @Sendable (Int, [ContinuationScore]) -> Void
      ) throws -> [[ContinuationScore]] {
        check(requests)
        return try model.score(requests, progress: progress, finished: finished)
      }
      func generate(
        _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
        finished: @Sendable (Int, GeneratedTokens) -> Void
      ) throws -> [GeneratedTokens] {
        try model.generate(requests, progress: progress, finished: finished)
      }
    }
    let set = try prompts(#"{"id":"1","task":"c","query":"q","choices":["a","b","c"],"gold":0}"#)
    _ = try Evaluator(prompts: set).answers(
      of: Counting { #expect($0.map(\.context) == [[FakeTokenizer.begin, 113]] && $0[0].continuations.count == 3) })
    // Where the lengths make the contexts differ, each choice has its own, and the answer says so.
    let long = try prompts(#"{"id":"1","task":"c","query":"12345","choices":["xy","xyz","uvwxyz"],"gold":0}"#)
    let answers = try Evaluator(prompts: long).answers(
      of: Counting { #expect($0.map(\.context.count) == [6, 3]) })
    #expect(answers[0].isTruncated)
  }

  @Test func `a text longer than the model is scored in windows`() throws {
    let set = try prompts(#"{"id":"1","task":"t","text":"ABCDEFGHIJKLM"}"#)
    let short = try Evaluator(prompts: set).answers(of: FakeModel(maximumLength: 5))
    // The fake looks one token back, which every window can: the sum is that of one long window.
    let whole = try Evaluator(prompts: set).answers(of: FakeModel())
    guard case .text(let a, let tokens, let bytes) = short[0].content, case .text(let b, _, _) = whole[0].content
    else { throw EvaluationError.noTokens }
    #expect(abs(a - b) < 1e-12 && tokens == 13 && bytes == 13)
  }

  @Test func `the harness's second begin token is one more token`() throws {
    let set = try prompts(#"{"id":"1","task":"t","text":"xy"}"#)
    let model = FakeModel(logLikelihood: { before, token in token == FakeTokenizer.begin ? -50 : -1 })
    let once = try Evaluator(prompts: set).answers(of: model)
    #expect(once == [Answer(.text(logLikelihood: -2, tokens: 2, bytes: 2))])
    let twice = try Evaluator(prompts: set, options: .init(doublesBeginToken: true)).answers(of: model)
    #expect(twice == [Answer(.text(logLikelihood: -52, tokens: 3, bytes: 2))])
  }

  @Test func `a log-likelihood that is not finite fails the model`() throws {
    let set = try prompts(#"{"id":"7","task":"c","query":"q","choices":["a","b"],"gold":0}"#)
    #expect {
      try Evaluator(prompts: set).answers(of: FakeModel(logLikelihood: { _, token in token == 98 ? .nan : -1 }))
    } throws: {
      "\($0)" == "prompt 7 of task c: the log-likelihood is nan; the model's weights are broken"
    }
  }

  @Test func `a continuation that cannot fit is named`() throws {
    let set = try prompts(#"{"id":"7","task":"c","query":"q","choices":["a","bcdefghi"],"gold":0}"#)
    #expect {
      try Evaluator(prompts: set).answers(of: FakeModel(maximumLength: 4))
    } throws: {
      "\($0)" == "prompt 7 of task c: the continuation has 8 tokens, more than the 4 that the model can look at"
    }
  }

  @Test func `progress counts what was computed, and what is answered up to the whole`() throws {
    let set = try prompts(
      #"{"id":"1","task":"t","text":"xy"}"#, #"{"id":"2","task":"t","text":"xyz"}"#)
    let seen = Mutex<[Evaluator.Progress]>([])
    _ = try Evaluator(prompts: set).answers(of: FakeModel()) { progress in seen.withLock { $0.append(progress) } }
    // The fake computes one token of each context; two tokens are a context and three a text.
    #expect(seen.withLock { $0.map(\.computed) } == [1, 1, 2, 2])
    #expect(seen.withLock { $0.map(\.done) } == [0, 3, 3, 7])
    #expect(seen.withLock { $0.allSatisfy { $0.total == 7 } })
  }
}
