extension SourcePosition {
  /// The place of a byte in a UTF-8 text, for readers that count bytes; behind the last byte is the end of the text.
  ///
  /// Columns count Unicode scalars; a line ends at a line feed.
  public init(byteOffset: Int, in bytes: UnsafeRawBufferPointer) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(max(0, byteOffset)) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }

  /// The place of a byte in a UTF-8 text held in an array.
  public init(byteOffset: Int, in bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { SourcePosition(byteOffset: byteOffset, in: $0) }
  }
}
