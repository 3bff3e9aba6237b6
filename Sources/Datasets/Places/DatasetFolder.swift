internal import Documents
internal import Yams

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A folder laid out like a data set on the hub.
///
/// The block `configs:` at the top of its README says which files are which split of which configuration. Without
/// one, names of files and folders speak for the split (`train-00000-of-00001.parquet`, `data/test.jsonl`), and a
/// folder with the configuration's name holds that configuration; files that say nothing are the split `train`.
/// Source: the Hugging Face documentation, "Structure your repository" and "Data files configuration".
struct DatasetFolder {
  let path: String

  /// How many files of a folder are looked at.
  static let maximumFiles = 100_000
  private static let maximumReadmeBytes = 4 << 20

  /// The splits of a configuration.
  func splits(configuration: String?, below folder: String?) throws(DataError) -> [Dataset.Split] {
    let root = folder.map { DatasetFinder.joined(path, $0) } ?? path
    if folder == nil, let splits = try declared(configuration) { return splits }
    if let configuration, FilePaths.isFolder(root + "/" + configuration) {
      let splits = found(in: root + "/" + configuration)
      if !splits.isEmpty { return splits }
    }
    let splits = found(in: root)
    guard !splits.isEmpty else {
      throw DataError(
        file: root, "there are no data files in this folder",
        hint: "files end in .json, .jsonl, .csv, .tsv, .parquet or .txt")
    }
    return splits
  }

  // MARK: Declared in the README

  private func declared(_ configuration: String?) throws(DataError) -> [Dataset.Split]? {
    let readme = path + "/README.md"
    guard let bytes = FileManager.default.contents(atPath: readme), bytes.count <= Self.maximumReadmeBytes else {
      return nil
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first?.hasPrefix("---") ?? false, let end = lines.dropFirst().firstIndex(where: { $0.hasPrefix("---") })
    else { return nil }
    let front = lines[1..<end].joined(separator: "\n")
    guard let configurations = (try? Yams.compose(yaml: front))?["configs"]?.array(), !configurations.isEmpty else {
      return nil
    }
    let names = configurations.map { $0["config_name"]?.string ?? "default" }
    let preferred =
      configurations.firstIndex { $0["default"]?.bool ?? false }
      ?? names.firstIndex(of: "default") ?? (names.count == 1 ? 0 : nil)
    guard let chosen = configuration == nil ? preferred : names.firstIndex(where: { $0 == configuration }) else {
      let hint =
        configuration.flatMap { NearestName.of($0, in: names) }.map { "did you mean \"\($0)\"?" }
        ?? "the configurations are: \(names.prefix(20).joined(separator: ", "))"
      throw DataError(
        file: readme,
        configuration.map { "there is no configuration \"\($0)\"" } ?? "dataset_name must choose a configuration",
        hint: hint)
    }
    guard let files = configurations[chosen]["data_files"] else {
      let folder = configurations[chosen]["data_dir"]?.string
      return folder.map { found(in: path + "/" + $0) }
    }
    var splits: [Dataset.Split] = []
    if let text = files.string {
      splits.append(.init(name: "train", files: try matches([text], readme)))
    } else if let entries = files.array().nonEmpty {
      if entries.allSatisfy({ $0.string != nil }) {
        splits.append(.init(name: "train", files: try matches(entries.compactMap(\.string), readme)))
      } else {
        for entry in entries {
          let paths = entry["path"]?.string.map { [$0] } ?? entry["path"]?.array().compactMap(\.string) ?? []
          splits.append(.init(name: entry["split"]?.string ?? "train", files: try matches(paths, readme)))
        }
      }
    }
    return splits
  }

  /// Files by patterns in which `*` and `**` stand for anything, as below the data set's folder.
  private func matches(_ patterns: [String], _ readme: String) throws(DataError) -> [String] {
    var files: [String] = []
    for pattern in patterns {
      let pattern = pattern.replacing("**/", with: "*")
      let found =
        pattern.dropLast(pattern.split(separator: "/").last?.count ?? 0).contains("*")
        ? listing(path).filter { DatasetFolder.name($0, matches: pattern) }.map { path + "/" + $0 }
        : DatasetFinder.matches(path + "/" + pattern)
      guard !found.isEmpty else {
        throw DataError(file: readme, "no file of the data set matches \"\(pattern)\"")
      }
      files += found
    }
    return files
  }

  private static func name(_ name: String, matches pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, let last = parts.last, name.hasPrefix(first), name.hasSuffix(last) else {
      return false
    }
    var rest = name[...].dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.count >= last.count || parts.count == 1
  }

  // MARK: Found by names

  private func listing(_ folder: String) -> [String] {
    FilePaths.files(below: folder, atMost: Self.maximumFiles) { DataFormat(name: $0) != nil }
  }

  private static let keywords: [(split: String, words: [String])] = [
    ("train", ["train", "training"]),
    ("validation", ["validation", "valid", "dev", "val"]),
    ("test", ["test", "testing", "eval", "evaluation"]),
  ]

  private func found(in folder: String) -> [Dataset.Split] {
    let files = listing(folder)
    // Numbered shards say the split's name outright, whatever it is.
    var byName: [(name: String, files: [String])] = []
    func add(_ file: String, to split: String) {
      if let place = byName.firstIndex(where: { $0.name == split }) {
        byName[place].files.append(folder + "/" + file)
      } else {
        byName.append((split, [folder + "/" + file]))
      }
    }
    for file in files { if let split = Self.shard(file) { add(file, to: split) } }
    if byName.isEmpty {
      for (split, words) in Self.keywords {
        for file in files where Self.says(file, words) { add(file, to: split) }
      }
    }
    if byName.isEmpty { for file in files { add(file, to: "train") } }
    let order = Self.keywords.map(\.split)
    return byName.sorted { a, b in
      (order.firstIndex(of: a.name) ?? order.count, a.name) < (order.firstIndex(of: b.name) ?? order.count, b.name)
    }.map { .init(name: $0.name, files: $0.files) }
  }

  /// The split in a name like `auxiliary_train-00000-of-00002.parquet`.
  private static func shard(_ file: String) -> String? {
    guard let name = file.split(separator: "/").last else { return nil }
    let parts = name.split(separator: ".", maxSplits: 1)[0].split(separator: "-")
    guard parts.count >= 4, parts[parts.count - 2] == "of", parts[parts.count - 1].allSatisfy(\.isNumber),
      parts[parts.count - 3].allSatisfy(\.isNumber)
    else { return nil }
    return parts.dropLast(3).joined(separator: "-")
  }

  /// Whether one of the words stands by itself in a path.
  private static func says(_ file: String, _ words: [String]) -> Bool {
    let pieces = file.lowercased().split { !$0.isLetter }
    return pieces.contains { words.contains(String($0)) }
  }
}

extension Array {
  fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
