internal import LanguageModels

extension EngineCheck {
  /// How many places of a prompt are looked at.
  private static let places = 3
  /// How far the numbers of one place may lie apart: servers that compute in bfloat16, and otherwise for a prompt than
  /// for a new token, are some hundredths of a nat off.
  private static func tolerance(_ value: Double) -> Double { 0.1 + 0.02 * abs(value) }

  /// Checks that the numbers of a prompt stand at the tokens they belong to.
  ///
  /// The likeliest token behind a beginning of the prompt must be as likely when it is made as when the prompt is given
  /// back. Servers have been seen whose lists are off by one for models without a begin token.
  func checkPlaces(_ echo: EchoedPrompt, of prompt: [Int], _ traits: inout EngineTraits) throws {
    var compared = 0
    for place in stride(from: prompt.count - 1, to: 2, by: -1) where compared < Self.places {
      guard let echoed = echo.best[place],
        case .success(let response) = try answer(to: [Array(prompt[..<place])], traits, echoes: false),
        let token = response.choices[0].tokens?.first, let made = token.best ?? token.logProbability
      else { continue }
      guard abs(made - echoed) <= Self.tolerance(made) else {
        throw connection.failure(
          "the log-probabilities of a prompt do not belong to its tokens: behind the first \(place) the likeliest has "
            + "\(made) when it is made, and \(echoed) when the prompt is given back")
      }
      compared += 1
    }
    if compared == 0 {
      traits.remarks.append(
        "warning: it could not be checked that the server's numbers belong to the right tokens, because it tells "
          + "nothing of new ones")
    }
  }
}
