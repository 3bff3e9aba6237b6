internal import Documents

/// Which of the two kinds of tokenizers that llama.cpp has for byte pairs a `tokenizer.json` describes.
enum GGUFTokenizerLayout {
  /// Byte-level BPE that cuts texts in a known way.
  case bytePairs(GGUFPreTokenizer)
  /// SentencePiece's byte-pair encoding.
  case scoredPieces(addsSpacePrefix: Bool)

  private static let supported =
    "supported: byte-level BPE that cuts words as \(GGUFPreTokenizer.writable) do, and SentencePiece's byte-pair "
    + "encoding with byte fallback"

  /// Recognises a tokenizer.
  ///
  /// - Throws: if llama.cpp has nothing like it.
  init(_ tokenizer: JSONNode) throws(CheckpointError) {
    let model = tokenizer["model"]
    let (normalizer, preTokenizer) = (tokenizer["normalizer"], tokenizer["pre_tokenizer"])
    guard model?["type"]?.string ?? "BPE" == "BPE" else {
      throw GGUFModelSettings.refusal("the tokenizer is no BPE", hint: Self.supported)
    }
    if model?["byte_fallback"]?.bool == true {
      guard let prefix = try Self.spaces(normalizer, preTokenizer, model) else {
        throw GGUFModelSettings.refusal(
          "the tokenizer falls back to bytes, but does not keep spaces as SentencePiece does", hint: Self.supported)
      }
      self = .scoredPieces(addsSpacePrefix: prefix)
      return
    }
    if let normalizer, !normalizer.isNull, normalizer["type"]?.string != "NFC" {
      throw GGUFModelSettings.refusal(
        "the tokenizer normalises texts, which llama.cpp would not do", hint: Self.supported)
    }
    guard let way = GGUFPreTokenizer(recognizing: preTokenizer) else {
      throw GGUFModelSettings.refusal("the tokenizer cuts words in a way that has no name", hint: Self.supported)
    }
    self = .bytePairs(way)
  }

  /// Whether a space is put in front of texts; nil if spaces do not become signs.
  private static func spaces(
    _ normalizer: JSONNode?, _ preTokenizer: JSONNode?, _ model: JSONNode?
  ) throws(CheckpointError) -> Bool? {
    var replaces = false
    var prepends = false
    let steps = normalizer?["type"]?.string == "Sequence" ? normalizer?["normalizers"]?.array : normalizer.map { [$0] }
    for step in steps ?? [] where !step.isNull {
      switch step["type"]?.string {
      case "Prepend" where step["prepend"]?.string == GGUFTokenizerParts.space: prepends = true
      case "Replace"
      where step["pattern"]?["String"]?.string == " " && step["content"]?.string == GGUFTokenizerParts.space:
        replaces = true
      default: return nil
      }
    }
    guard let preTokenizer, !preTokenizer.isNull else { return replaces ? prepends : nil }
    switch preTokenizer["type"]?.string {
    case "Split" where replaces && preTokenizer["pattern"]?["String"]?.string == " ":
      // Gemma's: there are no spaces left to cut at.
      return prepends
    case "Metaspace" where preTokenizer["replacement"]?.string ?? GGUFTokenizerParts.space == GGUFTokenizerParts.space:
      if preTokenizer["split"]?.bool ?? true, let piece = pieceAcrossWords(model) {
        throw GGUFModelSettings.refusal(
          "the tokenizer cuts texts at spaces, so that it never makes its token \(PrintableText.quoted(piece)), but "
            + "llama.cpp would")
      }
      let scheme = preTokenizer["prepend_scheme"]?.string
      return prepends || scheme.map { $0 != "never" } ?? (preTokenizer["add_prefix_space"]?.bool ?? true)
    default: return nil
    }
  }

  /// A piece with a space behind its first character.
  private static func pieceAcrossWords(_ model: JSONNode?) -> String? {
    model?["vocab"]?.object?.first { member in
      member.key.unicodeScalars.dropFirst().contains { $0 == "\u{2581}" }
    }?.key
  }
}
