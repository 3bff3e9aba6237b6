public import Documents

/// Chat templates that a spec can name, and the check of those that it writes out.
public enum ChatTemplate {
  /// A template that goes by a name.
  public struct BuiltIn: Sendable {
    /// The name.
    public let name: String
    /// The template in Jinja.
    public let text: String
  }

  /// The templates that go by a name, in the order of the alphabet.
  public static let builtIn: [BuiltIn] = [alpaca, chatML, exaone, llama3, mistral]

  /// The shortest text that can be a template: shorter ones are misspelt names.
  public static let minimumLength = 20

  /// The built-in template of this name, or nil.
  public static func named(_ name: String) -> String? { builtIn.first { $0.name == name }?.text }

  /// The template that most models have, compared without white space around it; of equally frequent ones the first.
  public static func mostFrequent(_ templates: [String]) -> String? {
    let trimmed = templates.map { TemplateText.trimmed($0) }
    let counts = Dictionary(trimmed.map { (TokenText($0), 1) }, uniquingKeysWith: +)
    var best: (text: String, count: Int)?
    for text in trimmed where !text.isEmpty {
      let count = counts[TokenText(text)] ?? 0
      if count > best?.count ?? 0 { best = (text, count) }
    }
    return best?.text
  }

  /// The template that a `tokenizer_config.json` holds; of several named ones the default.
  public static func text(in settings: JSONNode) -> String? {
    guard let node = settings["chat_template"] else { return nil }
    if let text = node.string { return text }
    if let text = node["default"]?.string { return text }
    return node.array?.first { $0["name"]?.string == "default" }?["template"]?.string
  }

  /// Sets the template in a `tokenizer_config.json`.
  public static func setting(_ template: String, in settings: [UInt8]) throws(JSONError) -> [UInt8] {
    try JSONEdit.setting([("chat_template", JSONEdit.quote(template))], in: settings)
  }
}
