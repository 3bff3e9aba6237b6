internal import Documents
internal import Tensors

/// The safetensors format: eight bytes with the header's length, a JSON header, and the elements.
///
/// Read as strictly as the reference implementation (github.com/huggingface/safetensors) reads it, and more so where
/// that one leaves a choice to its JSON library: no name twice, no overlap, no hole, no byte after the last tensor.
public enum Safetensors: CheckpointFormat {
  /// The format's name.
  public static let name = "safetensors"
  /// The usual file extension.
  public static let extensions = ["safetensors"]

  /// The longest header that is accepted. The reference implementation allows 100 MB (`MAX_HEADER_SIZE`), which was
  /// measured to take up to 8 seconds to read and 800 MB to hold; this is room for as many tensors as may be, with long names.
  static let maximumHeaderLength = 32_000_000
  /// How many tensors a file may have. DeepSeek-V3, among the published checkpoints with most, has 91 991 in all of its
  /// 163 files together.
  static let maximumTensors = 1 << 17
  /// How many extents a tensor may have: what NumPy (`NPY_MAXDIMS`) and PyTorch's loops over elements can handle.
  static let maximumRank = 64
  /// The length of the field in front of the header.
  static let prefixLength = 8
  /// How many values may make up one entry of the header. A tensor needs five and one for each dimension; free
  /// metadata of training tools has been seen with some hundred.
  static let maximumValuesPerEntry = 100_000

  /// Whether the content begins with a plausible length and an opening brace.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count > prefixLength, bytes[prefixLength] == UInt8(ascii: "{") else { return false }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    return length <= UInt64(maximumHeaderLength)
  }

  /// Reads and checks the header; `bytes` is the whole file.
  public static func readIndex(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> FileIndex {
    let header = try headerRange(of: bytes, file: file)
    var reader = SafetensorsHeaderReader(file: file, header: header, dataLength: bytes.count - header.upperBound)
    var members = JSONMemberReader(
      UnsafeRawBufferPointer(rebasing: bytes[header]), refusingDuplicateKeys: true,
      valuesPerMember: maximumValuesPerEntry)
    while let member = try nextMember(&members, file: file) { try reader.read(member) }
    return try reader.finish()
  }

  private static func nextMember(
    _ members: inout JSONMemberReader, file: String
  ) throws(FormatError) -> JSONMember? {
    do {
      return try members.next()
    } catch {
      throw FormatError(
        file: file, format: name, offset: prefixLength + error.offset,
        found: "the header is not valid JSON (\(error.message))")
    }
  }

  /// The bytes of the header, as far as the length in front of it is possible.
  private static func headerRange(
    of bytes: UnsafeRawBufferPointer, file: String
  ) throws(FormatError) -> Range<Int> {
    guard bytes.count >= prefixLength else {
      throw FormatError(
        file: file, format: name, offset: 0, found: "the file ends after \(bytes.count) bytes",
        expected: "\(prefixLength) bytes with the length of the header")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumHeaderLength) else {
      throw FormatError(
        file: file, format: name, offset: 0, found: "the header claims to be \(length) bytes long",
        expected: "at most \(maximumHeaderLength)")
    }
    let end = prefixLength + Int(length)
    guard end <= bytes.count else {
      throw FormatError(
        file: file, format: name, offset: 0,
        found: "the header claims to be \(length) bytes long, but only \(bytes.count - prefixLength) follow",
        expected: "a file that was written or downloaded completely")
    }
    guard length > 0, bytes[prefixLength] == UInt8(ascii: "{") else {
      throw FormatError(
        file: file, format: name, offset: prefixLength, found: length == 0 ? "an empty header" : "no JSON object",
        expected: "'{' at the start of the header")
    }
    return prefixLength..<end
  }
}
