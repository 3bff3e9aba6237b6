/// Anything that tensors can be read from: a checkpoint on disk, or a merge computed while it is read.
///
/// Implementing: `index` states names, dtypes and shapes; `read` delivers elements in exactly that dtype, little
/// endian, and may be called from several threads at once. A source that holds its bytes in memory or maps them
/// also implements `region`, so that readers can do without a copy.
public protocol TensorSource: Sendable {
  /// What can be read.
  var index: TensorIndex { get }

  /// Copies the elements of a range, in flat row-major order, into a buffer of exactly their size in bytes.
  ///
  /// - Throws: a `TensorSourceError` if there is no such tensor or the range or the buffer does not fit, or the
  ///   source's own error if reading fails.
  func read(_ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws

  /// The tensor's bytes without a copy, or nil if this source cannot offer them.
  func region(of tensor: String) throws -> TensorRegion?
}

extension TensorSource {
  /// No bytes are at hand without a copy.
  public func region(of tensor: String) throws -> TensorRegion? { nil }

  /// Copies a whole tensor's bytes out of the source.
  public func bytes(of tensor: String) throws -> [UInt8] {
    guard let description = index[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    return try [UInt8](unsafeUninitializedCapacity: description.byteCount) { buffer, count in
      try read(tensor, elements: 0..<description.shape.elementCount, into: UnsafeMutableRawBufferPointer(buffer))
      count = description.byteCount
    }
  }

  /// Checks a read request against the index; sources call this first.
  public func checkRequest(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(TensorSourceError) -> TensorDescription {
    guard let description = index[tensor] else { throw .noSuchTensor(tensor) }
    guard range.lowerBound >= 0, range.upperBound <= description.shape.elementCount,
      destination.count == range.count * description.dtype.byteCount
    else { throw .outOfRange(tensor) }
    return description
  }
}

/// A read that the index does not allow.
public enum TensorSourceError: Error, Equatable, CustomStringConvertible {
  case noSuchTensor(String)
  case outOfRange(String)

  /// The error as one line.
  public var description: String {
    switch self {
    case .noSuchTensor(let name): "there is no tensor \(name)"
    case .outOfRange(let name): "a read of \(name) lies outside the tensor or does not fit its buffer"
    }
  }
}

/// Bytes of a tensor that stay where they are for as long as this value lives.
///
/// A class, because the memory has one owner and many readers; the pointer is never written through.
public final class TensorRegion: @unchecked Sendable {
  /// The tensor's bytes, little endian.
  public let bytes: UnsafeRawBufferPointer
  private let owner: AnyObject
  private let discard: (@Sendable (Range<Int>) -> Void)?

  /// Keeps `owner` alive for as long as the bytes are in use.
  ///
  /// - Parameter discard: lets go of the memory behind a byte range of the tensor, if the owner can get it back.
  public init(
    bytes: UnsafeRawBufferPointer, owner: AnyObject, discard: (@Sendable (Range<Int>) -> Void)? = nil
  ) {
    self.bytes = bytes
    self.owner = owner
    self.discard = discard
  }

  /// Says that a byte range will not be read again soon, so that it stops counting as resident memory.
  public func release(_ range: Range<Int>) { discard?(range) }
}
