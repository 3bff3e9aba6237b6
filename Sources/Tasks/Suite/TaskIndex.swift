internal import Datasets
internal import Documents

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Finds tasks, groups and tags by name in the folders of the files that were named.
struct TaskIndex {
  /// The file of each task and group.
  private(set) var files: [String: String] = [:]
  /// The tasks of each tag.
  private(set) var tags: [String: [String]] = [:]

  /// How many files are looked into; lm-evaluation-harness has 13 000.
  private static let maximumFiles = 50_000
  private static let maximumFileBytes = 8 << 20

  /// Looks through folders and all folders below them.
  init(folders: [String]) {
    for folder in folders {
      let names = FilePaths.files(below: folder, atMost: Self.maximumFiles) {
        $0.hasSuffix(".yaml") || $0.hasSuffix(".yml")
      }
      for name in names { add(folder == "." ? name : folder + "/" + name) }
    }
  }

  /// What the file's own lines say; includes do not matter for a name.
  private mutating func add(_ path: String) {
    guard let bytes = FileManager.default.contents(atPath: path), bytes.count <= Self.maximumFileBytes,
      let node = try? TaskYAML.parse(String(decoding: bytes, as: UTF8.self), file: path)
    else { return }
    let isGroup = node["group"]?.text != nil && node["task"]?.text == nil
    guard let name = isGroup ? node["group"]?.text : node["task"]?.text, files[name] == nil else { return }
    files[name] = path
    guard !isGroup, let tag = node["tag"] else { return }
    for tag in tag.text.map({ [$0] }) ?? tag.list?.compactMap(\.text) ?? [] { tags[tag, default: []].append(name) }
  }

  /// The name closest to one that is not there.
  func nearest(to name: String) -> String? {
    NearestName.of(name, in: (Array(files.keys) + Array(tags.keys)).sorted())
  }
}
