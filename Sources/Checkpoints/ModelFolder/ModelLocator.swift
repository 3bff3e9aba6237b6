internal import Documents

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Finds the model that a reference in a spec or on the command line means.
///
/// A reference is a path (absolute, from the home folder with `~`, relative to the spec's folder, or relative to the
/// working directory), or the name of a model in the local Hugging Face cache: `org/name`, optionally
/// `org/name@revision`. Nothing is ever downloaded.
public struct ModelLocator: Sendable {
  /// The environment that says where the cache is.
  public var environment: [String: String]
  /// The folder that relative paths finally refer to; empty for the process's own, so that paths stay as given.
  public var workingDirectory: String

  /// Makes a locator; without arguments, for this process.
  public init(environment: [String: String]? = nil, workingDirectory: String = "") {
    self.environment = environment ?? ProcessInfo.processInfo.environment
    self.workingDirectory = workingDirectory
  }

  /// Finds a model for this process.
  ///
  /// - Parameter specFolder: the folder of the spec that the reference stands in, if it stands in one.
  /// - Returns: the path of a folder or a file.
  public static func locate(
    _ reference: String, relativeTo specFolder: String? = nil
  ) throws(CheckpointError) -> String {
    try ModelLocator().locate(reference, relativeTo: specFolder)
  }

  /// Finds a model at a revision; without one, as ``locate(_:relativeTo:)`` does.
  ///
  /// Only the cache has revisions, so that a folder of the same name elsewhere does not count.
  public func locate(
    _ path: String, revision: String?, relativeTo specFolder: String? = nil
  ) throws(CheckpointError) -> String {
    guard let revision else { return try locate(path, relativeTo: specFolder) }
    let here = localPath(path, relativeTo: specFolder)
    if let here, let cached = CachedModel(folder: here), let found = try cached.locate(revision) { return found }
    let cached = CachedModel(name: path, in: cacheFolder)
    if let cached, let found = try cached.locate(revision) { return found }
    if let here {
      throw CheckpointError(
        .missing, path: here, "this has no revisions; only models in the Hugging Face cache have",
        hint: "leave out @\(revision)")
    }
    throw CheckpointError(
      .missing, path: path,
      "there is no such model in the Hugging Face cache"
        + (cached.map { "; looked for " + $0.folder } ?? ", and there cannot be one: a name there is org/name"),
      hint: nearest(to: path, [], isName: cached != nil).map { "did you mean \($0)@\(revision)?" })
  }

  /// The file or folder at a path, looked for where references are; nil if there is none.
  public func localPath(_ path: String, relativeTo specFolder: String? = nil) -> String? {
    guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
    return candidates(for: path, specFolder).first { FileStatus(path: $0) != nil }
  }

  /// Finds a model.
  ///
  /// - Parameter specFolder: the folder of the spec that the reference stands in, if it stands in one.
  /// - Returns: the path of a folder or a file.
  public func locate(_ reference: String, relativeTo specFolder: String? = nil) throws(CheckpointError) -> String {
    guard !reference.isEmpty, !reference.utf8.contains(0) else {
      throw CheckpointError(.missing, path: reference, "this is not the name of a model")
    }
    let paths = candidates(for: reference, specFolder)
    if let path = localPath(reference, relativeTo: specFolder) {
      // Somebody who names the cache's own folder of a model means what is in it.
      return try CachedModel(folder: path)?.locate(nil) ?? path
    }
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let cached = CachedModel(name: parts[0], in: cacheFolder)
    if let cached, let path = try cached.locate(parts.count == 2 ? parts[1] : nil) { return path }

    var looked = paths
    if let cached { looked.append(cached.folder) }
    let nearest = nearest(to: reference, paths, isName: cached != nil)
    throw CheckpointError(
      .missing, path: reference, "there is no such model; looked for " + looked.joined(separator: ", "),
      hint: nearest.map { "did you mean \($0)?" })
  }

  /// The local Hugging Face cache.
  public var cacheFolder: String {
    if let hub = environment["HF_HUB_CACHE"], !hub.isEmpty { return expand(hub) }
    if let home = environment["HF_HOME"], !home.isEmpty { return Path.join(expand(home), "hub") }
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "~/.cache"
    return Path.join(expand(cache), "huggingface/hub")
  }

  private func candidates(for reference: String, _ specFolder: String?) -> [String] {
    let expanded = expand(reference)
    if expanded.hasPrefix("/") { return [expanded] }
    var paths = [Path.join(workingDirectory, expanded)]
    if let specFolder, ![".", ""].contains(specFolder) {
      paths.insert(Path.join(Path.join(workingDirectory, specFolder), expanded), at: 0)
    }
    return paths
  }

  private func expand(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst()
  }

  private func nearest(to reference: String, _ paths: [String], isName: Bool) -> String? {
    for path in paths {
      let siblings = FileContents.names(in: Path.folder(of: path)) ?? []
      if let name = NearestName.of(Path.lastComponent(path), in: siblings.filter { !$0.hasPrefix(".") }) {
        let folder = Path.folder(of: reference)
        return folder == "." && !reference.hasPrefix("./") ? name : Path.join(folder, name)
      }
    }
    let cached = (FileContents.names(in: cacheFolder) ?? []).compactMap(CachedModel.name(ofFolder:))
    return isName ? NearestName.of(reference, in: cached) : nil
  }
}
