internal import Documents
internal import Tensors

/// NumPy's formats: one array in an `.npy` file, or a zip archive of such files, `.npz`, compressed or not.
///
/// Read after the specification, numpy.lib.format. A lone array is named after its file, an array of an archive after
/// its entry, both without `.npy`. Entries that are no arrays become metadata.
public enum NumPy: CheckpointFormat {
  /// The format's name.
  public static let name = "NumPy"
  /// The usual file extensions.
  public static let extensions = ["npz", "npy"]

  /// Ends the name of an array's file.
  private static let ending = ".npy"

  /// Whether the content begins as an array does, or is an archive whose first entry is one.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if NumPyHeader.isBegun(bytes) { return true }
    return ZipDirectory.firstName(of: bytes)?.hasSuffix(ending) ?? false
  }

  /// Reads the headers of the arrays; `bytes` is the whole file.
  public static func readIndex(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> FileIndex {
    let content = UntrustedBytes(bytes: bytes, file: file, format: name)
    if ZipDirectory.isBegun(bytes) { return try readArchive(content) }
    let stem = Path.lastComponent(file)
    let tensor = stem.hasSuffix(ending) ? String(stem.dropLast(ending.count)) : stem
    let header = try NumPyHeader(of: bytes, tensor: tensor, start: 0, file: content)
    return FileIndex(tensors: [try stored(header, tensor, in: .file(0..<bytes.count), start: 0, file: content)])
  }

  private static func readArchive(_ file: UntrustedBytes) throws(FormatError) -> FileIndex {
    let directory = try ZipDirectory(of: file)
    var tensors: [StoredTensor] = []
    var metadata: [Metadatum] = []
    for entry in directory.entries.sorted(by: { $0.header < $1.header }) {
      guard entry.name.hasSuffix(ending) else {
        metadata.append(Metadatum(key: entry.name, value: "\(entry.size) bytes that are not an array"))
        continue
      }
      let tensor = String(entry.name.dropLast(ending.count))
      let prefix = try entry.prefix(NumPyHeader.maximumLength, of: file)
      let start = entry.isDeflated ? nil : entry.data.lowerBound
      let header = try prefix.withBytes { bytes throws(FormatError) in
        try NumPyHeader(of: bytes, tensor: tensor, start: start, file: file)
      }
      tensors.append(try stored(header, tensor, in: entry.content, start: start, file: file))
    }
    return FileIndex(tensors: tensors, metadata: metadata, checksums: directory.entries.compactMap(\.checked))
  }

  /// The array behind a header; it must fill the content.
  private static func stored(
    _ header: NumPyHeader, _ tensor: String, in content: StoredBytes, start: Int?, file: UntrustedBytes
  ) throws(FormatError) -> StoredTensor {
    let size = header.dtype.byteCount
    let available = content.count - header.length
    guard let count = header.shape.checkedElementCount,
      case let (byteCount, overflow) = count.multipliedReportingOverflow(by: size), !overflow,
      let strides = header.strides
    else {
      throw file.fault(
        at: start, tensor: tensor, "the shape \(header.shape), whose size overflows",
        expected: "an array of \(available) bytes")
    }
    guard byteCount == available else {
      throw file.fault(
        at: start.map { $0 + header.length }, tensor: tensor,
        "\(available) bytes of elements, but \(header.dtype.rawValue) \(header.shape) takes \(byteCount)",
        expected: available < byteCount ? "a file that was written or downloaded completely" : "nothing after them")
    }
    let elements =
      switch content {
      case .file(let range): StoredBytes.file(range.dropFirst(header.length))
      case .deflated(let bytes, let part): StoredBytes.deflated(bytes, part.dropFirst(header.length))
      case .literal(let bytes): StoredBytes.literal(Array(bytes.dropFirst(header.length)))
      }
    guard
      let arranged = ArrangedElements(
        source: elements, elementSize: size, isBigEndian: header.isBigEndian, shape: header.shape, strides: strides)
    else { throw file.fault(at: start, tensor: tensor, "elements outside the array") }
    return StoredTensor(
      description: TensorDescription(name: tensor, dtype: header.dtype, shape: header.shape),
      encoding: arranged.encoding)
  }
}
