/// How a tensor's elements are stored in a file.
public enum TensorEncoding: Sendable {
  /// One after another in row-major order, little endian, at these bytes of the file.
  case contiguous(Range<Int>)
  /// In a form that must be undone element range by element range.
  case decoded(any ElementDecoder)

  /// The bytes of the file that hold the elements, if they are one run.
  public var storedBytes: Range<Int>? {
    switch self {
    case .contiguous(let range): range
    case .decoded(let decoder): decoder.storedBytes
    }
  }

  /// What the stored form is called, or nil if the elements are simply there.
  public var storage: String? {
    switch self {
    case .contiguous: nil
    case .decoded(let decoder): decoder.storage
    }
  }
}

/// Undoes a stored form: compression, blocks with scales, another byte order, strides.
///
/// Implementing: a value that the format's reader makes and that holds where in the file its bytes lie; everything
/// about places and sizes has been checked by then, so that only the content can still disappoint. `read` is called
/// from several threads at once, with any range, mostly ascending.
public protocol ElementDecoder: Sendable {
  /// What users call the stored form: `Q4_K`, `deflated`, `big-endian`.
  var storage: String { get }
  /// The bytes of the file that hold the elements, if they are one run.
  var storedBytes: Range<Int>? { get }

  /// Delivers elements in row-major order and the dtype of the tensor's description, little endian.
  ///
  /// - Parameters:
  ///   - elements: a range inside the tensor.
  ///   - file: all bytes of the file.
  ///   - destination: room for exactly these elements; aligned or not.
  func read(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError)
}

/// Stored bytes that cannot be decoded, and where; who knows the file and the tensor makes a ``FormatError`` of it.
public struct DecodingError: Error, Hashable {
  /// The offset in the file of the byte where the trouble begins, if it has a place.
  public var offset: Int?
  /// What is there.
  public var found: String
  /// What should be there.
  public var expected: String?

  /// Makes an error.
  public init(offset: Int? = nil, found: String, expected: String? = nil) {
    self.offset = offset
    self.found = found
    self.expected = expected
  }
}
