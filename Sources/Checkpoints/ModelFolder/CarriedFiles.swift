internal import Documents

/// A file that lies beside the weights of a model and belongs to it.
public struct CarriedFile: Hashable, Sendable {
  /// The path inside the model folder.
  public var name: String
  /// The path to read it from, with links in the folder's names not yet followed.
  public var path: String
  /// The size in bytes.
  public var byteCount: Int
}

extension ModelFolder {
  /// Everything that a copy or a merge of this model takes along unchanged, sorted by name.
  ///
  /// That is: tokenizer, chat templates, generation configuration, custom code, licence, and whatever else lies
  /// there, in subfolders too. It is not: `config.json`, which is patched; weights and lists of shards, in any
  /// format; `README.md`, which describes the model it came with; hidden files; and folders of exports and training
  /// runs, which hold other forms of the old weights; nor, if the weights were unpacked, what says how they were
  /// packed. Folders that `modules.json` lists (sentence-transformers)
  /// are taken whole, because the weights in them are not part of the checkpoint.
  public var filesToCarry: [CarriedFile] {
    let modules = (try? json(named: "modules.json"))??.root.array ?? []
    let wholeFolders = Set(modules.compactMap { $0["path"]?.string }.filter { !$0.isEmpty })
    var found: [CarriedFile] = []
    collect("", wholeFolders: wholeFolders, depth: 0, into: &found)
    return found.filter { overlay[$0.name] == nil }.sorted { $0.name < $1.name }
  }

  private func collect(_ folder: String, wholeFolders: Set<String>, depth: Int, into found: inout [CarriedFile]) {
    // Links may lead in circles; real folders are two or three levels deep.
    guard depth < 8 else { return }
    for name in FileContents.names(in: Path.join(path, folder)) ?? [] where !name.hasPrefix(".") {
      let inside = Path.join(folder, name)
      let place = Path.join(path, inside)
      guard let status = FileStatus(path: place) else { continue }
      switch status.kind {
      case .folder:
        guard !CarriedFileRules.isForeignFolder(name) else { continue }
        collect(inside, wholeFolders: wholeFolders, depth: depth + 1, into: &found)
      case .file:
        let isInModule = wholeFolders.contains { inside.hasPrefix($0 + "/") }
        let leavesOut =
          isInModule ? false : CarriedFileRules.isWeights(name) || depth == 0 && isLeftOut(name)
        if !leavesOut { found.append(CarriedFile(name: inside, path: place, byteCount: status.byteCount)) }
      case .other: continue
      }
    }
  }

  private func isLeftOut(_ name: String) -> Bool {
    CarriedFileRules.leftOut.contains(name) || isUnpacked && CarriedFileRules.packingNotes[name] != nil
  }
}

/// What in a model folder does not go with a copy.
enum CarriedFileRules {
  /// Files that are written anew or that describe the old model.
  static let leftOut: Set<String> = [
    "config.json", "README.md", "mergekit_config.yml", "merge.yml", "token_sources.json", CheckpointRecord.name,
  ]

  /// Where AutoGPTQ and AutoAWQ write how they packed the weights, beside or in place of `config.json`, and by what
  /// method that was.
  static let packingNotes = ["quantize_config.json": "gptq", "quant_config.json": "awq"]

  /// Endings of weight files of every kind, and of what training leaves beside them.
  static let weightExtensions: Set<String> = [
    "safetensors", "bin", "pt", "pth", "ckpt", "h5", "keras", "gguf", "ggml", "npz", "npy", "msgpack", "onnx",
    "onnx_data", "tflite", "ot", "pb", "mlmodel",
  ]

  /// Whether a file holds weights or lists shards.
  static func isWeights(_ name: String) -> Bool {
    if name.hasSuffix(".index.json") { return true }
    return name.split(separator: ".").last.map { weightExtensions.contains(String($0)) } ?? false
  }

  /// Whether a folder holds another form of the weights or the traces of a training run.
  static func isForeignFolder(_ name: String) -> Bool {
    ["onnx", "openvino", "coreml", "original", "runs", "__pycache__"].contains(name)
      || name.hasPrefix("checkpoint-") || name.hasPrefix("global_step")
  }
}
