internal import Documents

/// The fields of a message in the protocol buffer encoding, with errors that name the file.
struct ProtobufFields {
  private var reader: ProtobufReader
  private let format: String
  private let file: String

  /// Begins with a whole file.
  init(_ bytes: UnsafeRawBufferPointer, format: String, file: String) {
    self.init(ProtobufReader(bytes), format: format, file: file)
  }

  private init(_ reader: ProtobufReader, format: String, file: String) {
    self.reader = reader
    self.format = format
    self.file = file
  }

  /// The byte that is read next.
  var offset: Int { reader.offset }

  /// The message at a place that a field gave.
  func message(at range: Range<Int>) -> ProtobufFields {
    ProtobufFields(reader.message(at: range), format: format, file: file)
  }

  /// The next field, or nil at the end.
  mutating func next() throws(FormatError) -> (number: Int, value: ProtobufReader.Value)? {
    do throws(ProtobufError) {
      return try reader.next()
    } catch {
      throw failure(at: error.offset, error.found, expected: error.expected)
    }
  }

  /// An error at a place of the file.
  func failure(at place: Int, _ found: String, expected: String? = nil) -> FormatError {
    FormatError(file: file, format: format, offset: place, found: found, expected: expected)
  }
}
