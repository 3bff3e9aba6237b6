internal import Documents

/// A weight file that breaks the rules of its format, and where it does.
public struct FormatError: Error, Hashable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// The name of the format.
  public var format: String
  /// The offset in the file of the byte where the trouble begins, if it has a place.
  public var offset: Int?
  /// The tensor it is about, if it is about one.
  public var tensor: String?
  /// What is there.
  public var found: String
  /// What should be there.
  public var expected: String?

  /// Makes an error.
  public init(
    file: String, format: String, offset: Int? = nil, tensor: String? = nil, found: String, expected: String? = nil
  ) {
    self.file = file
    self.format = format
    self.offset = offset
    self.tensor = tensor
    self.found = found
    self.expected = expected
  }

  /// The error as one line.
  public var description: String { file + ": " + detail }

  /// The error without the file's name.
  var detail: String {
    var place = "not a valid \(format) file"
    if let offset { place += ", byte \(offset)" }
    if let tensor { place += ", tensor \(PrintableText.quoted(tensor))" }
    return place + ": " + found + (expected.map { "; expected " + $0 } ?? "")
  }
}
