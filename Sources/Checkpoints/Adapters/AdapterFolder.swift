internal import Documents

/// A LoRA adapter as PEFT saves it: a folder with its settings, and weights to be added to those of a model.
public struct AdapterFolder: Sendable {
  /// The folder.
  public let path: String
  /// What the weight file holds, as it calls it.
  public let checkpoint: Checkpoint
  let configuration: AdapterConfiguration

  /// What PEFT calls the weight file, without its ending.
  private static let stem = "adapter_model."

  /// The model that the adapter was trained on, as its settings call it.
  public var baseModel: String? { configuration.baseModel }

  /// Lines that differ when the adapter does: its files with size and time of change.
  public var identity: [String] {
    let settings = configuration.file.path
    let status = FileStatus(path: settings)
    return ["settings \(settings) \(status?.byteCount ?? 0) \(status?.modified ?? 0)"]
      + checkpoint.files.map { "file " + $0.identity }
  }

  /// Opens an adapter: its folder, or the weight file in it. Nothing but headers is read.
  public static func open(_ path: String) throws(CheckpointError) -> AdapterFolder {
    guard let status = FileStatus(path: path) else {
      throw CheckpointError(.missing, path: path, "there is no such adapter")
    }
    let folder = status.kind == .folder ? path : Path.folder(of: path)
    let settings = Path.join(folder, AdapterConfiguration.fileName)
    guard FileStatus(path: settings) != nil else {
      throw CheckpointError(
        .missing, path: folder, "this is not an adapter: there is no \(AdapterConfiguration.fileName)",
        hint: FileStatus(path: Path.join(folder, "config.json")) == nil
          ? nil : "it looks like a model; what stands behind + is an adapter")
    }
    let configuration = try AdapterConfiguration(try JSONFile(path: settings))
    let weights = status.kind == .folder ? try weights(in: folder) : path
    return AdapterFolder(path: folder, checkpoint: try Checkpoint.open(weights), configuration: configuration)
  }

  /// Whether a path leads to an adapter with no model in the same folder.
  public static func isAdapter(_ path: String) -> Bool {
    guard let status = FileStatus(path: path) else { return false }
    if status.kind != .folder, !Path.lastComponent(path).hasPrefix(stem) { return false }
    let folder = status.kind == .folder ? path : Path.folder(of: path)
    guard FileStatus(path: Path.join(folder, AdapterConfiguration.fileName)) != nil else { return false }
    return status.kind != .folder
      || !CheckpointLocation.candidates.contains { FileStatus(path: Path.join(folder, $0)) != nil }
  }

  /// The model that an adapter's settings name, without looking at its weights; nil if they name none.
  public static func baseModel(ofAdapterAt path: String) -> String? {
    let folder = FileStatus(path: path)?.kind == .folder ? path : Path.folder(of: path)
    let file = try? JSONFile(path: Path.join(folder, AdapterConfiguration.fileName))
    return file?.root["base_model_name_or_path"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The weight file among the names in a folder: PEFT's own choice first, then whatever can be read.
  private static func weights(in folder: String) throws(CheckpointError) -> String {
    let names = (FileContents.names(in: folder) ?? []).filter { $0.hasPrefix(stem) }
    let usual = ["safetensors", "safetensors.index.json", "bin", "bin.index.json"].map { stem + $0 }
    let others = names.filter { name in CheckpointFormats.fileEndings.contains { name.hasSuffix($0) } }
    guard let name = usual.first(where: names.contains) ?? others.first else {
      throw CheckpointError(
        .missing, path: folder, "the adapter has no weights; looked for " + usual.joined(separator: ", "))
    }
    return Path.join(folder, name)
  }
}
