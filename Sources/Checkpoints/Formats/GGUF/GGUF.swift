internal import Tensors

/// The GGUF format of ggml and llama.cpp: typed metadata, a table of tensors, and their elements.
///
/// Versions 2 and 3, little endian. Read as strictly as ggml's own reader (`gguf_init_from_file`), except that holes
/// between tensors are allowed, because no other tool minds them.
public enum GGUF: CheckpointFormat {
  /// The format's name.
  public static let name = "GGUF"
  /// The usual file extension.
  public static let extensions = ["gguf"]

  /// The first four bytes.
  static let magic = Array("GGUF".utf8)
  /// The versions that are read; version 1 had shorter lengths and was in use for a month in 2023.
  static let versions: ClosedRange<UInt32> = 2...3
  /// Where elements begin unless the metadata says otherwise: `GGUF_DEFAULT_ALIGNMENT` of ggml.
  static let defaultAlignment = 32
  /// The most extents of a tensor: `GGML_MAX_DIMS` of ggml.
  static let maximumRank = 4
  /// The longest key, as the specification says. It says 64 bytes for tensors, but files of image models have longer
  /// names, so that tensors get the limit of keys.
  static let maximumNameLength = 65_535
  /// How deep arrays may lie in arrays. The specification has no limit; no tool is known to write arrays in arrays.
  static let maximumDepth = 8

  /// Whether the content begins with the four letters.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= magic.count && bytes.starts(with: magic)
  }

  /// Reads and checks metadata and the table of tensors; `bytes` is the whole file.
  public static func readIndex(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> FileIndex {
    let header = try GGUFHeader(of: bytes, file: file)
    try GGUFSplit(header.metadata)?.check(file: file)
    try GGUFTokenizer(header.metadata).check(file: file)
    return FileIndex(
      tensors: try header.storedTensors(file: file),
      metadata: header.metadata.entries.map { Metadatum(key: $0.key, value: header.metadata.text(of: $0.value)) }
        + notes(header))
  }

  /// What of the file is not understood as a model, and why.
  private static func notes(_ header: GGUFHeader) -> [Metadatum] {
    let architecture = GGUFArchitecture.of(header.metadata)
    var notes: [Metadatum] = []
    let isFirst = GGUFSplit(header.metadata).map { $0.number == 1 } ?? true
    if architecture.architecture == nil, !header.tensors.isEmpty, isFirst {
      notes.append(Metadatum(key: "braid.names", value: "tensors keep the names of the file: \(architecture.reason)"))
    }
    if let reason = GGUFTokenizer(header.metadata).reason {
      notes.append(Metadatum(key: "braid.tokenizer", value: "there is no tokenizer.json: \(reason)"))
    }
    return notes
  }
}
