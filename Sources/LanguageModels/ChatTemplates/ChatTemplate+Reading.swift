internal import Documents

extension ChatTemplate {
  private static let templateName = "chat_template.jinja"
  private static let settingsName = "tokenizer_config.json"
  private static let specialTokensName = "special_tokens_map.json"
  /// The longest template that is read, in bytes.
  private static let maximumBytes = 4 << 20

  /// The chat template of a model, or nil if it has none.
  ///
  /// A file `chat_template.jinja` outranks what `tokenizer_config.json` says under `chat_template`: a text, or several
  /// with names, of which the one called `default` counts.
  ///
  /// - Parameters:
  ///   - model: the model's name in messages.
  ///   - read: gives the contents of a file by its name, or nil if there is none.
  public static func read(model: String, _ read: (String) throws -> [UInt8]?) throws -> ChatTemplate? {
    let settings = try document(settingsName, model, try read(settingsName))
    var text: String?
    var file = "\(model)/\(templateName)"
    if let bytes = try read(templateName) {
      guard bytes.count <= maximumBytes, let valid = String(validating: bytes, as: UTF8.self) else {
        throw ModelError.request(
          model: file, message: "expected a template in UTF-8 of at most \(maximumBytes) bytes, found other bytes")
      }
      text = valid
    } else if let value = settings?["chat_template"] {
      (text, file) = try template(in: value, file: "\(model)/\(settingsName)")
    }
    guard let text else { return nil }
    let map = try document(specialTokensName, model, try read(specialTokensName))
    // A later value of a variable counts, and the tokenizer's own settings are the better ones.
    return ChatTemplate(text: text, file: file, specialTokens: try specialTokens(map) + specialTokens(settings))
  }

  private static func document(_ name: String, _ model: String, _ bytes: [UInt8]?) throws(ModelError) -> ModelValue? {
    guard let bytes else { return nil }
    return try ModelDocument.parse(bytes, file: "\(model)/\(name)")
  }

  private static func template(
    in value: ModelValue, file: String
  ) throws(ModelError) -> (text: String, file: String) {
    var named: [(name: String, text: String)] = []
    if value.isArray {
      for entry in try value.elements() {
        named.append((try entry.member("name").string(), try entry.member("template").string()))
      }
    } else if value.isObject {
      for (name, text) in try value.members() { named.append((name, try text.string())) }
    } else {
      return (try value.string(), file + ": chat_template")
    }
    guard let chosen = named.last(where: { $0.name == "default" }) ?? (named.count == 1 ? named.first : nil) else {
      throw value.failure(
        "expected a template with the name \"default\"",
        hint: "there are: " + named.map { PrintableText.quoted($0.name) }.joined(separator: ", "))
    }
    return (chosen.text, file + ": chat_template " + PrintableText.quoted(chosen.name))
  }

  /// What templates call the special tokens: every `…_token` that is a text, or an object with its content.
  private static func specialTokens(_ value: ModelValue?) throws(ModelError) -> [(name: String, text: String)] {
    guard let value, value.isObject else { return [] }
    var tokens: [(name: String, text: String)] = []
    for (key, member) in try value.members() where key.hasSuffix("_token") {
      if let text = member.node.string ?? member.node["content"]?.string { tokens.append((key, text)) }
    }
    return tokens
  }
}
