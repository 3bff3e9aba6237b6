internal import Documents

/// The spelling of a token, compared byte by byte.
///
/// Strings are equal when they look alike, however their accents are put together; tokens are not.
public struct TokenText: Hashable, Sendable, CustomStringConvertible {
  /// The spelling in UTF-8.
  public let bytes: [UInt8]

  /// The token that is spelt like this.
  public init(_ text: String) { bytes = Array(text.utf8) }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Hashes the spelling in one go; vocabularies have a hundred thousand of them.
  public func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    hasher.combine(bytes.count)
  }

  /// The spelling as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The spelling in quotes, fit for a terminal.
  public var description: String { PrintableText.quoted(text) }
}

/// A tokenizer that cannot be used, or a vocabulary that cannot be made.
public struct VocabularyError: Error, Equatable, CustomStringConvertible {
  /// What is wrong and what was expected.
  public var message: String
  /// What to do about it.
  public var hint: String?
  /// Which wish for a single token cannot be met, if it is that.
  public var wish: Int?

  /// States what is wrong.
  public init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }

  /// The error on one line.
  public var description: String { message + (hint.map { " (\($0))" } ?? "") }
}
