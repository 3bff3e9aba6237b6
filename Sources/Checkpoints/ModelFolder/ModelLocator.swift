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

  /// Finds a model.
  ///
  /// - Parameter specFolder: the folder of the spec that the reference stands in, if it stands in one.
  /// - Returns: the path of a folder or a file.
  public func locate(_ reference: String, relativeTo specFolder: String? = nil) throws(CheckpointError) -> String {
    guard !reference.isEmpty, !reference.utf8.contains(0) else {
      throw CheckpointError(.missing, path: reference, "this is not the name of a model")
    }
    let paths = candidates(for: reference, specFolder)
    for path in paths where FileStatus(path: path) != nil { return path }
    let cached = CachedModel(reference)
    if let cached, let path = try cached.locate(in: cacheFolder) { return path }

    var looked = paths
    if let cached { looked.append(Path.join(cacheFolder, cached.folderName)) }
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

/// A model in the local Hugging Face cache: `models--ORG--NAME/snapshots/REVISION`.
struct CachedModel {
  let folderName: String
  let revision: String?

  /// Reads `name`, `org/name` or either with `@revision`; nil if the text cannot be such a name.
  init?(_ reference: String) {
    let halves = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".") && !part.hasPrefix("~")
        && part.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
        }
    }
    guard isName, parts.count <= 2 else { return nil }
    folderName = "models--" + parts.joined(separator: "--")
    revision = halves.count == 2 ? String(halves[1]) : nil
    if let revision, !revision.isEmpty, !Path.isContained(revision) { return nil }
  }

  /// The reference that a folder of the cache belongs to.
  static func name(ofFolder folder: String) -> String? {
    guard folder.hasPrefix("models--") else { return nil }
    let rest = folder.dropFirst("models--".count)
    guard let border = rest.firstRange(of: "--") else { return String(rest) }
    return rest[..<border.lowerBound] + "/" + rest[border.upperBound...]
  }

  /// The folder of the snapshot, or nil if the model is not in the cache.
  ///
  /// - Throws: if the model is there but the revision is not, or it cannot be told which one is meant.
  func locate(in cache: String) throws(CheckpointError) -> String? {
    let model = Path.join(cache, folderName)
    guard FileStatus(path: model)?.kind == .folder else { return nil }
    let snapshots = Path.join(model, "snapshots")
    let present = FileContents.names(in: snapshots) ?? []
    let wanted = revision ?? "main"
    // A reference (a branch or a tag) is a file with the commit's hash; a commit is its own name.
    let commit = (try? FileContents.read(Path.join(model, "refs/" + wanted), limit: 1000)).map { bytes in
      String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }
    if let commit, present.contains(commit) { return Path.join(snapshots, commit) }
    if let revision {
      let starting = present.filter { $0.hasPrefix(revision) }
      if !revision.isEmpty, starting.count == 1 { return Path.join(snapshots, starting[0]) }
    } else if present.count == 1 {
      return Path.join(snapshots, present[0])
    }
    throw CheckpointError(
      .missing, path: model, "the revision \(wanted) is not in the cache",
      hint: present.isEmpty ? "no snapshot is" : "these are: " + present.joined(separator: ", "))
  }
}
