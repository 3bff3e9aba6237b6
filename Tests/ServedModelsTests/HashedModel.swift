import BraidTesting
import Checkpoints
import Foundation
import LanguageModels

/// A model whose next token follows from a hash of all before it, over the vocabulary of the family.
struct HashedModel: CompletionSource, TextModel {
  let settings: TextSettings
  /// The tokens that it knows; those behind are unlikely.
  private static let count = 512

  init() throws { settings = try Self.settings() }

  /// The settings of the family's base model, changed on request.
  static func settings(configuration: String? = nil) throws -> TextSettings {
    let folder = Fixture.path("families/a/base/")
    return try TextSettings(
      name: "model", configuration: try configuration.map { Array($0.utf8) } ?? Files.bytes(folder + "config.json"),
      tokenizer: TokenizerSource(
        tokenizer: Files.bytes(folder + "tokenizer.json"),
        configuration: Files.bytes(folder + "tokenizer_config.json")))
  }

  // MARK: CompletionSource

  var begin: Int { 0 }
  var ends: Set<Int> { [1] }
  func tokens(of text: String) throws -> [Int] { try tokenizer.encode(text, addingSpecialTokens: false) }
  func text(of tokens: [Int]) -> String { tokenizer.decode(tokens, skippingSpecialTokens: false) }

  /// Scores of all tokens behind others: plain words mostly, so that what is made reads back as it is.
  private func logits(behind tokens: [Int]) -> [Double] {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for token in tokens { state = (state ^ UInt64(token + 1)) &* 0x100_0000_01B3 }
    return (0..<Self.count).map { token in
      var value = (state ^ UInt64(token)) &* 0x9E37_79B9_7F4A_7C15
      value = (value ^ (value >> 29)) &* 0xBF58_476D_1CE4_E5B9
      let logit = Double(value >> 40) / Double(1 << 24) * 9
      // Special tokens, then single bytes: rare, but not the end of a text.
      return token == 1 ? logit : token < 5 ? logit - 30 : token < 260 ? logit - 6 : logit
    }
  }

  func logProbability(of token: Int, behind tokens: [Int]) throws -> Double {
    let logits = logits(behind: tokens)
    return logits[token] - log(logits.reduce(0) { $0 + exp($1) })
  }

  func best(behind tokens: [Int]) throws -> Int {
    let logits = logits(behind: tokens)
    return logits.indices.max { logits[$0] < logits[$1] } ?? 0
  }

  // MARK: TextModel

  var tokenizer: any TextTokenizer { settings.tokenizer }
  var maximumLength: Int { settings.maximumLength }
  var prefixToken: Int? { settings.prefixToken }
  var endTokens: Set<Int> { ends }

  func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    try requests.map { request in
      try request.continuations.map { continuation in
        var score = ContinuationScore(logLikelihood: 0, isGreedy: true)
        for (place, token) in continuation.enumerated() {
          let before = request.context + continuation[..<place]
          score.logLikelihood += try logProbability(of: token, behind: before)
          score.isGreedy = try score.isGreedy && best(behind: before) == token
        }
        return score
      }
    }
  }

  func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    try requests.map { request in
      var result = GeneratedTokens(tokens: [], ended: false)
      while result.tokens.count < request.maximumNewTokens, !result.ended {
        let token = try best(behind: request.prompt + result.tokens)
        if ends.contains(token) {
          result.ended = true
        } else {
          result.tokens.append(token)
          let text = text(of: result.tokens)
          result.ended = request.stops.contains { text.contains($0) }
        }
      }
      return result
    }
  }
}
