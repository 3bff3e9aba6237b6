internal import Documents

/// A token that tokenizers look for in a text before the model sees it, with what decides where it is found.
public struct AddedToken: Hashable, Sendable {
  /// The spelling.
  public var text: TokenText
  /// The number.
  public var id: Int
  /// What decides where it is found.
  public var flags: Flags

  /// What decides where an added token is found, and whether it is left out of decoded text.
  public struct Flags: Hashable, Sendable {
    /// Whether it counts only where no word goes on beside it.
    public var singleWord = false
    /// Whether it takes the white space before it along.
    public var stripsLeft = false
    /// Whether it takes the white space behind it along.
    public var stripsRight = false
    /// Whether it is looked for in normalised text.
    public var normalized = true
    /// Whether it is left out of decoded text.
    public var special = false

    /// States the flags; those that are left out are as `add_tokens` sets them for a plain text.
    public init(
      singleWord: Bool = false, stripsLeft: Bool = false, stripsRight: Bool = false, normalized: Bool = true,
      special: Bool = false
    ) {
      self.singleWord = singleWord
      self.stripsLeft = stripsLeft
      self.stripsRight = stripsRight
      self.normalized = normalized
      self.special = special
    }
  }

  /// Describes an added token; without flags it is an ordinary word, as `add_tokens` makes one of a text.
  public init(text: TokenText, id: Int, flags: Flags = Flags()) {
    self.text = text
    self.id = id
    self.flags = flags
  }

  init(_ node: JSONNode, in file: TokenizerFile.Reading) throws(VocabularyError) {
    guard let content = node["content"]?.string else { throw file.failure("an added token has no content", at: node) }
    text = TokenText(content)
    id = try file.id(node["id"] ?? node)
    let special = node["special"]?.bool ?? false
    flags = Flags(
      singleWord: node["single_word"]?.bool ?? false, stripsLeft: node["lstrip"]?.bool ?? false,
      stripsRight: node["rstrip"]?.bool ?? false, normalized: node["normalized"]?.bool ?? !special, special: special)
  }

  /// The token as an element of `added_tokens` in `tokenizer.json`.
  var json: String { "{\"id\": \(id), " + members + "}" }

  /// The token as a value of `added_tokens_decoder` in `tokenizer_config.json`, where the number is the key.
  var decoderJSON: String { "{" + members + "}" }

  private var members: String {
    "\"content\": \(JSONEdit.quote(text.text)), \"single_word\": \(flags.singleWord), \"lstrip\": \(flags.stripsLeft), "
      + "\"rstrip\": \(flags.stripsRight), \"normalized\": \(flags.normalized), \"special\": \(flags.special)"
  }
}
