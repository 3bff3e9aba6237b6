internal import Documents

/// Where the weights are that a path stands for.
enum CheckpointLocation {
  /// One weight file.
  case file(String)
  /// A list of shards.
  case shards(String)

  /// Weight files without a list that belong together, in order.
  case files([String])

  /// What a model folder is searched for, in this order; transformers' names first, in its order.
  static let candidates = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    "tf_model.h5", "model.weights.h5",
  ]
  /// Kinds of names that are looked for where no candidate is there, in this order; a list of shards of the kind ends
  /// in `.index.json` after it.
  static let endings = ["safetensors", "bin", "pt", "pth", "ckpt", "gguf", "keras", "h5", "npz", "npy"]
  /// What training leaves in a model folder that is not the model.
  static let strangers: Set<String> = [
    "training_args.bin", "optimizer.pt", "optimizer.bin", "scheduler.pt", "rng_state.pth", "scaler.pt",
  ]
  /// Endings of weight files that cannot be read, so that an error can say what is there instead.
  static let foreignExtensions = ["msgpack", "onnx", "tflite", "pb", "ot", "mlmodel"]

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
    case .file:
      if try Self.isWeightMap(path) {
        self = .shards(path)
      } else if let parts = try SplitFile(path)?.parts() {
        self = .files(parts)
      } else {
        self = .file(path)
      }
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
    for ending in endings {
      if let found = try search(folder, names: names.filter { !strangers.contains($0) }, ending: ending) {
        return found
      }
    }
    let foreign = names.filter { name in foreignExtensions.contains { name.hasSuffix("." + $0) } }
    throw CheckpointError(
      .missing, path: folder,
      "no weights found; looked for " + (candidates + endings.map { "*." + $0 }).joined(separator: ", ")
        + (foreign.isEmpty ? "" : "; there is \(some(foreign)), which is in a format that cannot be read"),
      hint: names.isEmpty ? "the folder is empty" : nil)
  }

  /// The weights among names with one ending: a list, a single file, or all parts of a split one.
  private static func search(
    _ folder: String, names: [String], ending: String
  ) throws(CheckpointError) -> CheckpointLocation? {
    let lists = names.filter { $0.hasSuffix(".\(ending).index.json") }
    if lists.count == 1 { return .shards(Path.join(folder, lists[0])) }
    let single = names.filter { $0.hasSuffix("." + ending) }
    if single.count == 1, lists.isEmpty {
      let path = Path.join(folder, single[0])
      return try SplitFile(path).map { split throws(CheckpointError) in .files(try split.parts()) } ?? .file(path)
    }
    guard let first = (lists.isEmpty ? single : lists).first else { return nil }
    if lists.isEmpty, let split = SplitFile(Path.join(folder, first)), single.allSatisfy(split.contains) {
      return .files(try split.parts())
    }
    throw CheckpointError(
      .inconsistent, path: folder,
      "several weight files and no list of shards: " + some(lists.isEmpty ? single : lists),
      hint: "name one of the files, or add model.\(ending).index.json")
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
