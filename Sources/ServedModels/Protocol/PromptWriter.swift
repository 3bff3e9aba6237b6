internal import LanguageModels

/// Puts prompts as a server takes them: as lists of tokens, else as texts.
struct PromptWriter {
  let settings: TextSettings
  let traits: EngineTraits

  /// The prompts, or nil if one cannot be put as text.
  func prompts(_ prompts: [[Int]]) -> CompletionRequest.Prompts? {
    if traits.takesTokens { return .tokens(prompts) }
    var texts: [String] = []
    for prompt in prompts {
      guard let text = text(of: prompt) else { return nil }
      texts.append(text)
    }
    return .texts(texts)
  }

  /// A text of which the server makes just these tokens, if it reads texts as the model's own tokenizer does; or nil
  /// if there is none: tokens that begin inside a word, say.
  func text(of tokens: [Int]) -> String? {
    var rest = tokens[...]
    if traits.addsBegin {
      guard rest.first == settings.prefixToken else { return nil }
      rest.removeFirst()
    }
    let text = settings.tokenizer.decode(Array(rest), skippingSpecialTokens: false)
    guard let again = try? settings.tokenizer.encode(text, addingSpecialTokens: false), again == Array(rest) else {
      return nil
    }
    return text
  }
}
