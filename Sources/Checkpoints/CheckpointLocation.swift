internal import Documents

/// Where the weights are that a path stands for.
enum CheckpointLocation {
  /// One weight file.
  case file(String)
  /// A list of shards.
  case shards(String)

  /// What a model folder is searched for, in this order; the same as transformers.
  static let candidates = ["model.safetensors", "model.safetensors.index.json"]
  /// Endings of weight files that cannot be read, so that an error can say what is there instead.
  static let foreignExtensions = ["bin", "pt", "pth", "ckpt", "h5", "keras", "gguf", "npz", "msgpack", "onnx"]

  /// Finds the weights at a path, which may be a folder, a weight file or a list of shards.
  init(path: String) throws(CheckpointError) {
    guard let status = FileStatus(path: path) else {
      let siblings = FileContents.names(in: Path.folder(of: path)) ?? []
      let nearest = NearestName.of(Path.lastComponent(path), in: siblings)
      throw CheckpointError(
        .missing, path: path, "there is no such file or folder",
        hint: nearest.map { "did you mean \(Path.join(Path.folder(of: path), $0))?" })
    }
    switch status.kind {
    case .folder: self = try Self.search(path)
    case .file: self = try Self.isWeightMap(path) ? .shards(path) : .file(path)
    case .other: throw CheckpointError(.unreadable, path: path, "this is neither a file nor a folder")
    }
  }

  private static func search(_ folder: String) throws(CheckpointError) -> CheckpointLocation {
    for candidate in candidates {
      let path = Path.join(folder, candidate)
      if FileStatus(path: path)?.kind == .file { return candidate.hasSuffix(".json") ? .shards(path) : .file(path) }
    }
    guard let names = FileContents.names(in: folder) else {
      throw CheckpointError(.unreadable, path: folder, "the folder cannot be read")
    }
    let lists = names.filter { $0.hasSuffix(".safetensors.index.json") }
    if lists.count == 1 { return .shards(Path.join(folder, lists[0])) }
    let single = names.filter { $0.hasSuffix(".safetensors") }
    if single.count == 1, lists.isEmpty { return .file(Path.join(folder, single[0])) }
    if single.count > 1 || lists.count > 1 {
      throw CheckpointError(
        .inconsistent, path: folder,
        "several weight files and no list of shards: " + some(lists.isEmpty ? single : lists),
        hint: "name one of the files, or add model.safetensors.index.json")
    }
    let foreign = names.filter { name in foreignExtensions.contains { name.hasSuffix("." + $0) } }
    throw CheckpointError(
      .missing, path: folder,
      "no weights found; looked for " + (candidates + ["*.safetensors"]).joined(separator: ", ")
        + (foreign.isEmpty ? "" : "; there is \(some(foreign)), which is in a format that cannot be read"),
      hint: names.isEmpty ? "the folder is empty" : nil)
  }

  /// Lists of shards are JSON from the first byte. A weight file may begin with a brace too (as a length), but then
  /// its format recognises it, or its name says what it is.
  private static func isWeightMap(_ path: String) throws(CheckpointError) -> Bool {
    try MappedFile.withBytes(of: path) { bytes in
      guard CheckpointFormats.format(of: bytes, named: path) == nil else { return false }
      let first = bytes.prefix(64).first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
      return first == UInt8(ascii: "{")
    }
  }

  private static func some(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}
