/// The data that a task asks for, in the words of the `datasets` library.
public struct DatasetRequest: Hashable, Sendable {
  /// The files of each split, as they are named: paths, or patterns with `*` in the last part.
  public struct Files: Hashable, Sendable {
    /// The split, or nil where only files were named.
    public var split: String?
    /// The paths.
    public var paths: [String]

    /// Names the files of a split.
    public init(split: String?, paths: [String]) {
      self.split = split
      self.paths = paths
    }
  }

  /// `json`, `csv`, `parquet` or `text`, or else a folder or the name of a data set on the hub.
  public var path: String
  /// The configuration, where a data set has several.
  public var name: String?
  /// The files that were named.
  public var files: [Files]
  /// The folder in which files lie, below the task's own.
  public var folder: String?
  /// How files are read.
  public var reading: DataReading

  /// Asks for data.
  public init(
    path: String, name: String? = nil, files: [Files] = [], folder: String? = nil, reading: DataReading = DataReading()
  ) {
    self.path = path
    self.name = name
    self.files = files
    self.folder = folder
    self.reading = reading
  }
}
