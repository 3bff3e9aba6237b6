import Documents
import LanguageModels

/// What models are asked when scoring and decoding are timed: made-up tokens, the same on every machine.
struct EvalWorkload {
  /// A set of requests to score.
  struct Scoring {
    var name: String
    var requests: [ScoringRequest]

    /// The tokens that a scorer without sharing computes: every context with every continuation.
    var tokens: Int {
      requests.reduce(0) { sum, request in
        sum + request.continuations.reduce(0) { $0 + request.context.count + $1.count }
      }
    }
  }

  /// A set of prompts to continue.
  struct Decoding {
    var name: String
    var requests: [GenerationRequest]

    /// The tokens that all prompts together are continued by.
    var newTokens: Int { requests.reduce(0) { $0 + $1.maximumNewTokens } }
  }

  let scoring: [Scoring]
  let decoding: [Decoding]

  /// As many questions as a peer without sharing answers in a minute or so.
  init() {
    scoring = [
      // As llama-bench has it: a prompt of 512 tokens.
      Scoring(name: "pp512", requests: [Self.request(0, context: 512, continuations: [[7]])]),
      // Texts of 512 tokens, every token scored.
      Scoring(
        name: "texts",
        requests: (0..<4).map { text in
          ScoringRequest(context: [1], continuations: [Self.tokens(511, seed: text)])
        }),
      // Contexts of 256 tokens with four choices of four tokens.
      Scoring(
        name: "choices",
        requests: (0..<8).map { question in
          Self.request(question, context: 256, continuations: Self.choices(question))
        }),
      // Five examples of 100 tokens before every question of 60 tokens, four choices of four tokens.
      Scoring(
        name: "5-shot",
        requests: (0..<8).map { question in
          ScoringRequest(
            context: [1] + Self.tokens(500, seed: 977) + Self.tokens(60, seed: question + 1000),
            continuations: Self.choices(question))
        }),
    ]
    decoding = [
      // As llama-bench has it: 128 tokens, one after the other.
      Decoding(name: "tg128", requests: [GenerationRequest(prompt: [1], maximumNewTokens: 128)]),
      Self.prompts(name: "16 prompts", newTokens: 32),
      Self.prompts(name: Self.firstTokens, newTokens: 1),
    ]
  }

  /// The set that is subtracted from the one before it, so that next tokens are seen without the prompts.
  static let firstTokens = "16 prompts, first token"

  private static func prompts(name: String, newTokens: Int) -> Decoding {
    Decoding(
      name: name,
      requests: (0..<16).map {
        GenerationRequest(prompt: [1] + tokens(31, seed: $0), maximumNewTokens: newTokens)
      })
  }

  private static func request(_ seed: Int, context: Int, continuations: [[Int]]) -> ScoringRequest {
    ScoringRequest(context: [1] + tokens(context - 1, seed: seed), continuations: continuations)
  }

  private static func choices(_ question: Int) -> [[Int]] {
    (0..<4).map { choice in (0..<4).map { ($0 * 31 + choice * 97 + question) % 15_000 + 3 } }
  }

  private static func tokens(_ count: Int, seed: Int) -> [Int] {
    (0..<count).map { ($0 * 7919 + seed * 104_729) % 15_000 + 3 }
  }

  /// The requests as other programs read them.
  var json: JSONValue {
    func numbers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }
    return .object([
      (
        "scoring",
        .object(
          scoring.map { set in
            (
              set.name,
              .array(
                set.requests.map {
                  .object([
                    ("context", numbers($0.context)), ("continuations", .array($0.continuations.map(numbers))),
                  ])
                })
            )
          })
      ),
      (
        "decoding",
        .object(
          decoding.map { set in
            (
              set.name,
              .array(
                set.requests.map {
                  .object([("prompt", numbers($0.prompt)), ("tokens", .integer($0.maximumNewTokens))])
                })
            )
          })
      ),
    ])
  }
}
