import LanguageModels

/// One token for each byte, one for the pair "ab", and a begin token `<s>` = 256 that also counts when it is spelt out.
struct FakeTokenizer: TextTokenizer {
  static let begin = 256
  static let pair = 257
  var addsBegin = true

  func encode(_ text: String, addingSpecialTokens: Bool) throws -> [Int] {
    var tokens: [Int] = addsBegin && addingSpecialTokens ? [Self.begin] : []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.first {
      if bytes.starts(with: "<s>".utf8) {
        tokens.append(Self.begin)
        bytes = bytes.dropFirst(3)
      } else if bytes.starts(with: "ab".utf8) {
        tokens.append(Self.pair)
        bytes = bytes.dropFirst(2)
      } else {
        tokens.append(Int(byte))
        bytes = bytes.dropFirst()
      }
    }
    return tokens
  }

  func decode(_ tokens: [Int], skippingSpecialTokens: Bool) -> String {
    var bytes: [UInt8] = []
    for token in tokens {
      if token == Self.begin {
        if !skippingSpecialTokens { bytes += Array("<s>".utf8) }
      } else {
        bytes += token == Self.pair ? Array("ab".utf8) : [UInt8(token)]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A model whose answers follow from a formula: the log-likelihood of a token after another, and a written answer.
struct FakeModel: TextModel {
  var tokenizer: any TextTokenizer = FakeTokenizer()
  var maximumLength = 64
  var prefixToken: Int? = FakeTokenizer.begin
  var endTokens: Set<Int> = [0]
  var chatTemplate: ChatTemplate?
  /// What a generation is after its prompt.
  var writes: @Sendable (String) -> (text: String, ended: Bool) = { _ in ("", true) }
  /// The log-likelihood of a token after the one before it.
  var logLikelihood: @Sendable (Int, Int) -> Double = { before, token in
    -Double((before * 31 + token * 17) % 97 + 1) / 97
  }

  func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    requests.enumerated().map { number, request in
      progress(request.context.count)
      let scores = request.continuations.map { continuation in
        let tokens = [request.context.last ?? -1] + continuation
        return ContinuationScore(
          logLikelihood: zip(tokens, continuation).reduce(0) { $0 + logLikelihood($1.0, $1.1) }, isGreedy: false)
      }
      finished(number, scores)
      return scores
    }
  }

  func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    try requests.enumerated().map { number, request in
      let answer = writes(tokenizer.decode(request.prompt, skippingSpecialTokens: true))
      let tokens = try tokenizer.encode(answer.text, addingSpecialTokens: false)
      let generated = GeneratedTokens(tokens: Array(tokens.prefix(request.maximumNewTokens)), ended: answer.ended)
      finished(number, generated)
      return generated
    }
  }
}
