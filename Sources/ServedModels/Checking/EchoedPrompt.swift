internal import Documents
internal import LanguageModels

/// The tokens of a prompt as a server gave them back, put beside those that were sent.
struct EchoedPrompt {
  /// For each token its log-probability; nil for the first one, or the first two.
  var logProbabilities: [Double?]
  /// For each token whether it was the model's first choice; false where that is not known.
  var isFirstChoice: [Bool]
  /// For each token the highest log-probability of its place, if that is known.
  var best: [Double?]

  /// Why an answer does not belong to a prompt.
  struct Fault: Error {
    var message: String
  }

  /// Puts an answer beside a prompt.
  ///
  /// - Parameters:
  ///   - omitted: how many tokens at the front of the prompt the answer leaves out.
  ///   - mostNewTokens: how many tokens may stand behind the prompt.
  init(
    _ choice: CompletionResponse.Choice, of prompt: [Int], omitted: Int, mostNewTokens: Int = 1,
    tokenizer: any TextTokenizer
  ) throws(Fault) {
    guard let tokens = choice.tokens else {
      throw Fault(message: "the server returns no log-probabilities (\"logprobs\" is missing or null)")
    }
    let expected = prompt.count - omitted
    guard tokens.count >= expected else {
      let ignores = tokens.count <= mostNewTokens
      throw Fault(
        message: ignores
          ? "the server ignores \"echo\": for a prompt of \(prompt.count) tokens it returned \(tokens.count) "
            + "log-probabilities, those of new tokens only (llama-server does that; vLLM returns those of the prompt)"
          : "the server returned \(tokens.count) log-probabilities for a prompt of \(prompt.count) tokens; "
            + "does it use another tokenizer?")
    }
    guard tokens.count <= expected + mostNewTokens else {
      throw Fault(
        message: "the server returned \(tokens.count) log-probabilities for a prompt of \(prompt.count) tokens and at "
          + "most \(mostNewTokens) new ones; does it use another tokenizer?")
    }
    logProbabilities = Array(repeating: nil, count: omitted)
    best = logProbabilities
    isFirstChoice = Array(repeating: false, count: omitted)
    for (place, token) in tokens.prefix(expected).enumerated() {
      let meant = prompt[omitted + place]
      if let spelling = token.spelling {
        let text = tokenizer.decode([meant], skippingSpecialTokens: false)
        let isOther = token.number.map { $0 != meant } ?? TokenSpelling.contradicts(spelling, text)
        guard !isOther else {
          throw Fault(
            message: "token \(omitted + place + 1) of a prompt is \(PrintableText.quoted(spelling)) for the server and "
              + "\(PrintableText.quoted(text)) by the model's own tokenizer; the server has another tokenizer")
        }
      }
      guard token.logProbability != nil || place == 0 else {
        throw Fault(message: "the server returned no log-probability for token \(omitted + place + 1) of a prompt")
      }
      // What stands at the first place of a list is no probability, whatever it is.
      logProbabilities.append(omitted + place == 0 ? nil : token.logProbability)
      best.append(token.best)
      isFirstChoice.append(token.logProbability.map { $0 >= token.best ?? .infinity } ?? false)
    }
  }

  /// The score of a continuation that the prompt ends in, or nil if a token of it has no log-probability.
  func score(from start: Int, count: Int) -> ContinuationScore? {
    var score = ContinuationScore(logLikelihood: 0, isGreedy: true)
    for place in start..<start + count {
      guard let value = logProbabilities[place] else { return nil }
      score.logLikelihood += value
      score.isGreedy = score.isGreedy && isFirstChoice[place]
    }
    return score
  }
}
