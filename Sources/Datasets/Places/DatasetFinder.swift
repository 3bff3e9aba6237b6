internal import Documents

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Finds the files of a data set on this machine; nothing is ever downloaded.
///
/// Paths are taken relative to the task's own folder, then to the folders that the user names for data. A name as on
/// the hub (`allenai/ai2_arc`) is looked for as a folder below those, and then in the cache of the hub's own tools.
public struct DatasetFinder: Sendable {
  /// The folders to look in, in this order.
  public var folders: [String]
  /// The cache of data sets downloaded by the hub's tools.
  public var cache: String?

  /// Looks in these folders.
  public init(folders: [String], cache: String? = DatasetFinder.hubCache) {
    self.folders = folders
    self.cache = cache
  }

  /// Where the hub's tools keep what they download.
  public static var hubCache: String? {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["HF_HUB_CACHE"] { return folder }
    if let home = environment["HF_HOME"] { return home + "/hub" }
    return environment["HOME"].map { $0 + "/.cache/huggingface/hub" }
  }

  /// The data set that a request means.
  public func dataset(_ request: DatasetRequest) throws(DataError) -> Dataset {
    if let format = DataFormat(rawValue: request.path) {
      var reading = request.reading
      reading.format = format
      return Dataset(name: request.path, splits: try named(request), reading: reading)
    }
    let folder = try self.folder(request)
    if !request.files.isEmpty {
      let finder = DatasetFinder(folders: [folder], cache: nil)
      return Dataset(name: request.path, splits: try finder.named(request), reading: request.reading)
    }
    let splits = try DatasetFolder(path: folder).splits(configuration: request.name, below: request.folder)
    return Dataset(name: request.path, splits: splits, reading: request.reading)
  }

  // MARK: Named files

  private func named(_ request: DatasetRequest) throws(DataError) -> [Dataset.Split] {
    var splits: [Dataset.Split] = []
    var entries = request.files
    if entries.isEmpty {
      guard let folder = request.folder else {
        throw DataError(
          file: request.path, "no data files are named",
          hint: "write dataset_kwargs: {data_files: FILE} (paths are relative to the task's file)")
      }
      for candidate in folders {
        if let splits = try? DatasetFolder(path: Self.joined(candidate, folder)).splits(configuration: nil, below: nil)
        {
          return splits
        }
      }
      entries = [.init(split: nil, paths: [folder + "/*"])]
    }
    for entry in entries {
      var files: [String] = []
      for path in entry.paths { files += try resolve(request.folder.map { Self.joined($0, path) } ?? path) }
      // Files without a split are the split "train", as in the datasets library.
      splits.append(.init(name: entry.split ?? "train", files: files))
    }
    return splits
  }

  private func resolve(_ path: String) throws(DataError) -> [String] {
    if path.contains("://") {
      throw DataError(file: path, "data is read from this machine alone", hint: "download the file and name its path")
    }
    for folder in folders {
      let files = Self.matches(Self.joined(folder, path))
      if !files.isEmpty { return files }
    }
    let first = Self.joined(folders.first ?? ".", path)
    let parent = FilePaths.folder(of: first)
    let siblings = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    let nearest = NearestName.of(FilePaths.name(of: path), in: siblings.sorted())
    throw DataError(file: path, "there is no such data file", hint: nearest.map { "did you mean \($0)?" })
  }

  static func joined(_ folder: String, _ path: String) -> String {
    path.hasPrefix("/") || folder.isEmpty || folder == "." ? path : folder + "/" + path
  }

  /// The files at a path; its last part may have `*` for any characters.
  static func matches(_ path: String) -> [String] {
    var isFolder = false
    let name = FilePaths.name(of: path)
    guard name.contains("*") else {
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      return exists && !isFolder ? [path] : []
    }
    let folder = FilePaths.folder(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { matches(Array($0.utf8)[...], pattern: Array(name.utf8)[...]) && !$0.hasPrefix(".") }
      .sorted().map { joined(folder, $0) }.filter {
        FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder
      }
  }

  /// Whether a name matches a pattern in which `*` stands for any characters.
  private static func matches(_ name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>) -> Bool {
    var (text, rest) = (name, pattern)
    var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
    while !text.isEmpty {
      if let first = rest.first, first == UInt8(ascii: "*") {
        rest = rest.dropFirst()
        retry = (text, rest)
      } else if let first = rest.first, first == text.first {
        text = text.dropFirst()
        rest = rest.dropFirst()
      } else if let last = retry {
        retry = (last.text.dropFirst(), last.pattern)
        (text, rest) = (last.text.dropFirst(), last.pattern)
      } else {
        return false
      }
    }
    return rest.allSatisfy { $0 == UInt8(ascii: "*") }
  }

  // MARK: Folders

  private func folder(_ request: DatasetRequest) throws(DataError) -> String {
    for folder in folders {
      let path = Self.joined(folder, request.path)
      if FilePaths.isFolder(path) { return path }
      // `--data DIR` with the data set's folder in it, without the owner's name.
      let short = FilePaths.name(of: request.path)
      if short != request.path, !request.path.hasPrefix("."), FilePaths.isFolder(Self.joined(folder, short)) {
        return Self.joined(folder, short)
      }
    }
    if let cache, let snapshot = Self.snapshot(of: request.path, in: cache) { return snapshot }
    throw DataError(
      file: request.path, "there is no folder of this name with data",
      hint: "data is read from this machine alone: download the data set, and name its folder, or the folder it lies "
        + "in with --data; or use dataset_path: json, csv, parquet or text with dataset_kwargs: {data_files: …}")
  }

  /// The snapshot that the main branch of a cached data set points at, or else its only one.
  private static func snapshot(of name: String, in cache: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
    let folder = cache + "/datasets--" + parts.joined(separator: "--")
    if let bytes = FileManager.default.contents(atPath: folder + "/refs/main"), bytes.count < 200 {
      let revision = String(decoding: bytes, as: UTF8.self).filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
      if !revision.isEmpty, FilePaths.isFolder(folder + "/snapshots/" + revision) {
        return folder + "/snapshots/" + revision
      }
    }
    let snapshots = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/snapshots")) ?? []
    return snapshots.count == 1 ? folder + "/snapshots/" + snapshots[0] : nil
  }
}
