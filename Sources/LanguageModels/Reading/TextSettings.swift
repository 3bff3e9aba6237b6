/// What a model's files say about texts, all of it known without a weight: the tokenizer, the special tokens, the
/// longest text, and how conversations are written.
public struct TextSettings: Sendable {
  /// The model's name in messages.
  public let name: String
  /// Text to tokens and back.
  public let tokenizer: any TextTokenizer
  /// The most tokens the model can look at.
  public let maximumLength: Int
  /// The begin token, else the end token.
  public let prefixToken: Int?
  /// The tokens that end a generation.
  public let endTokens: Set<Int>
  /// The model's own way to write a conversation, if it was read.
  public let chatTemplate: ChatTemplate?

  /// The contents of `config.json`.
  let configuration: ModelValue

  /// Reads the settings of a model; its architecture need not be a known one.
  ///
  /// - Parameters:
  ///   - name: the model's name in messages, usually its path.
  ///   - configuration: the contents of `config.json`.
  ///   - tokenizer: the files that the tokenizer is made of.
  ///   - generationConfiguration: the contents of `generation_config.json`, if there is one.
  ///   - chatTemplate: the model's own way to write a conversation, if that is wanted.
  /// - Throws: ``ModelError`` for files that are broken.
  public init(
    name: String, configuration: [UInt8], tokenizer: TokenizerSource, generationConfiguration: [UInt8]? = nil,
    chatTemplate: ChatTemplate? = nil
  ) throws {
    let configuration = try ModelDocument.parse(configuration, file: "\(name)/config.json")
    let settings = try tokenizer.settings(model: name)
    let generation = try generationConfiguration.map { (bytes) throws(ModelError) in
      try ModelDocument.parse(bytes, file: "\(name)/generation_config.json")
    }
    let words = try tokenizer.tokenizer(model: name, settings)

    self.name = name
    self.configuration = configuration
    self.tokenizer = words
    self.chatTemplate = chatTemplate
    maximumLength = try settings.maximumLength(configuration)
    prefixToken = try settings.prefixToken(words, configuration)
    endTokens = try settings.endTokens(words, configuration, generation)
  }
}
