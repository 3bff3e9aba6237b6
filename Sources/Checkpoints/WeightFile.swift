/// One weight file of a checkpoint: its bytes and what its header says.
public struct WeightFile: Sendable {
  /// The bytes.
  public let file: MappedFile
  /// The name of the format.
  public let format: String
  /// What the header says.
  public let contents: FileIndex

  /// The file's path.
  public var path: String { file.path }
  /// The file's name without its folder.
  public var name: String { Path.lastComponent(path) }

  /// The path, size and time of change: a text that differs when the file does.
  public var identity: String {
    "\(path) \(file.bytes.count) \(FileStatus(path: path)?.modified ?? 0)"
  }

  /// Opens a weight file of any known format.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    guard let reader = CheckpointFormats.format(of: file.bytes, named: path) else {
      let foreign = ForeignFormat.name(of: file.bytes)
      throw CheckpointError(
        .unrecognized, path: path,
        foreign.map { "this is \($0), which Braid cannot read" } ?? "this is not a weight file of a known format",
        hint: "formats that can be read: " + CheckpointFormats.all.map { $0.name }.joined(separator: ", "))
    }
    self.file = file
    format = reader.name
    do {
      contents = try reader.readIndex(of: file.bytes, file: path)
    } catch {
      throw CheckpointError(error)
    }
  }
}
