internal import Documents

/// Text as a word of YAML.
enum YAMLWord {
  /// The text as it stands where that means the same, and in quotes otherwise.
  static func of(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case 48...57, 65...90, 97...122: true
      default: "_./+@~-".utf8.contains(byte)
      }
    }
    let begins = text.utf8.first.map { !"+-@~".utf8.contains($0) } ?? false
    // Some words, such as null or 7, would be something else than text.
    let scalar = SyntaxScalar(text: text, isPlain: true)
    let isOther = scalar.number != nil || scalar.bool != nil || ["null", "Null", "NULL"].contains(text)
    return isPlain && begins && !isOther ? text : JSONEdit.quote(text)
  }
}
