/// Compares how a server spells tokens with the tokens that were meant.
///
/// Servers spell in different ways (decoded or as in the vocabulary, special tokens or nothing, broken characters), so
/// only what is plain on both sides counts: letters of ASCII, without blanks around.
enum TokenSpelling {
  /// Whether a spelling cannot be that of a text.
  static func contradicts(_ spelling: String, _ text: String) -> Bool {
    guard let spelling = plain(spelling), let text = plain(text) else { return false }
    return spelling != text
  }

  /// The visible part of a token, or nil if the two sides may write it differently.
  private static func plain(_ text: String) -> [UInt8]? {
    // The marks for a blank and a line end in the vocabularies of SentencePiece and GPT-2.
    let decoded = text.replacing("\u{2581}", with: " ").replacing("\u{120}", with: " ").replacing("\u{10A}", with: "\n")
    let bytes = decoded.utf8.filter { $0 > 0x20 }
    return bytes.isEmpty || bytes.contains { $0 >= 0x7F } ? nil : bytes
  }
}
