internal import Datasets
internal import Documents

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Reads task files and what they include, and remembers their texts for messages.
final class TaskFiles {
  /// The texts that were read, by path.
  private(set) var texts: [String: String] = [:]

  /// How deep includes may nest.
  private static let maximumDepth = 64

  /// The mapping of a file, with its includes merged in.
  ///
  /// Includes come first and are overridden key by key; a list is applied in order. The file that is reached twice on
  /// the way is an error, as in lm-evaluation-harness.
  func load(_ path: String) throws(TaskError) -> TaskNode {
    var seen: Set<String> = []
    return try load(path, seen: &seen, from: nil)
  }

  private func load(_ path: String, seen: inout Set<String>, from include: TaskNode?) throws(TaskError) -> TaskNode {
    guard seen.count < Self.maximumDepth, seen.insert(Self.identity(path)).inserted else {
      let message = "\(path) is included twice"
      if let include { throw TaskError(at: include.place, message) }
      throw TaskError(file: path, message)
    }
    let node = try TaskYAML.parse(text(path, from: include), file: path)
    guard let entries = node.entries, let includes = node["include"] else { return node }
    var merged: [TaskEntry] = []
    for file in includes.list ?? [includes] {
      guard let name = file.text else {
        throw TaskError(at: file.place, "include names files, found \(file.kind)")
      }
      let included = try load(Self.sibling(name, of: path), seen: &seen, from: file)
      // The list of tasks is about the included file alone.
      Self.merge((included.entries ?? []).filter { $0.key != "task_list" }, into: &merged)
    }
    Self.merge(entries.filter { $0.key != "include" }, into: &merged)
    return TaskNode(value: .map(merged), place: node.place)
  }

  private static func merge(_ entries: [TaskEntry], into merged: inout [TaskEntry]) {
    for entry in entries {
      if let place = merged.firstIndex(where: { $0.key == entry.key }) {
        merged[place] = entry
      } else {
        merged.append(entry)
      }
    }
  }

  private func text(_ path: String, from include: TaskNode?) throws(TaskError) -> String {
    if let text = texts[path] { return text }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      let siblings = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder(of: path))) ?? []
      let nearest = NearestName.of(FilePaths.name(of: path), in: siblings.sorted())
      let hint = nearest.map { "did you mean \($0)?" }
      if let include { throw TaskError(at: include.place, "there is no such file: \(path)", hint: hint) }
      throw TaskError(file: path, "there is no such task file", hint: hint)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    texts[path] = text
    return text
  }

  /// The folder of a file; `.` for a bare name.
  static func folder(of path: String) -> String { FilePaths.folder(of: path) }

  /// A path as it is meant in a file.
  static func sibling(_ name: String, of path: String) -> String {
    let folder = folder(of: path)
    return name.hasPrefix("/") || folder == "." ? name : folder + "/" + name
  }

  private static func identity(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}
