public import Documents

/// What lies beside a model's weights about its tokenizer.
public struct TokenizerFiles: Sendable {
  /// `tokenizer.json`.
  public var tokenizer: JSONNode?
  /// `tokenizer_config.json`.
  public var configuration: JSONNode?
  /// `chat_template.jinja`, where the template is a file of its own.
  public var chatTemplate: String?
  /// `tokenizer.model`, a SentencePiece model.
  public var sentencePiece: [UInt8]?

  /// Puts documents together.
  public init(
    tokenizer: JSONNode? = nil, configuration: JSONNode? = nil, chatTemplate: String? = nil,
    sentencePiece: [UInt8]? = nil
  ) {
    self.tokenizer = tokenizer
    self.configuration = configuration
    self.chatTemplate = chatTemplate
    self.sentencePiece = sentencePiece
  }

  /// Reads those of a model.
  public init(of model: ModelFolder) throws(CheckpointError) {
    tokenizer = try model.json(named: "tokenizer.json")?.root
    configuration = try model.json(named: "tokenizer_config.json")?.root
    chatTemplate = try model.file(named: "chat_template.jinja").map { String(decoding: $0, as: UTF8.self) }
    sentencePiece = try model.file(named: SentencePieceDocument.name)
  }
}
