/// A model in the local Hugging Face cache: `models--ORG--NAME/snapshots/COMMIT`, with `refs/REVISION` files that hold
/// the commits of branches and tags.
struct CachedModel {
  /// The model's folder in the cache.
  let folder: String

  /// The shortest beginning of a commit that stands for it, as in git.
  static let shortestCommit = 7

  /// A model by its name, `name` or `org/name`; nil if the text cannot be one.
  init?(name: String, in cache: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".") && !part.hasPrefix("~")
        && part.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
        }
    }
    guard isName, parts.count <= 2 else { return nil }
    folder = Path.join(cache, "models--" + parts.joined(separator: "--"))
  }

  /// A folder of the cache itself; nil if it is something else.
  init?(folder: String) {
    guard Path.lastComponent(folder).hasPrefix("models--"),
      FileStatus(path: Path.join(folder, "snapshots"))?.kind == .folder
    else { return nil }
    self.folder = folder
  }

  /// The reference that a folder of the cache belongs to.
  static func name(ofFolder folder: String) -> String? {
    guard folder.hasPrefix("models--") else { return nil }
    let rest = folder.dropFirst("models--".count)
    guard let border = rest.firstRange(of: "--") else { return String(rest) }
    return rest[..<border.lowerBound] + "/" + rest[border.upperBound...]
  }

  /// The folder of a snapshot, or nil if the model is not in the cache.
  ///
  /// - Parameter revision: a branch, a tag, a commit or the beginning of one; nil for `main`, or for the only snapshot.
  /// - Throws: if the model is there but the revision is not, or it cannot be told which one is meant.
  func locate(_ revision: String?) throws(CheckpointError) -> String? {
    guard FileStatus(path: folder)?.kind == .folder else { return nil }
    let snapshots = Path.join(folder, "snapshots")
    let present = FileContents.names(in: snapshots) ?? []
    let wanted = revision ?? "main"
    if Path.isContained(wanted), let commit = commit(of: wanted), present.contains(commit) {
      return Path.join(snapshots, commit)
    }
    if let revision {
      if present.contains(revision) { return Path.join(snapshots, revision) }
      let starting = revision.count < Self.shortestCommit ? [] : present.filter { $0.hasPrefix(revision) }
      if starting.count == 1 { return Path.join(snapshots, starting[0]) }
      if starting.count > 1 {
        throw CheckpointError(
          .missing, path: folder, "\(starting.count) commits begin with \(revision)",
          hint: "these do: " + starting.joined(separator: ", "))
      }
    } else if present.count == 1 {
      return Path.join(snapshots, present[0])
    }
    let list = revisions(of: present)
    throw CheckpointError(
      .missing, path: folder, "the revision \(wanted) is not in the cache",
      hint: list.isEmpty ? "no snapshot is" : "these are: " + list.joined(separator: ", "))
  }

  /// The commit that a branch or a tag stands for.
  private func commit(of reference: String) -> String? {
    (try? FileContents.read(Path.join(folder, "refs/" + reference), limit: 1000)).map { bytes in
      String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }
  }

  /// What could have been asked for: branches and tags with their commits, then commits without.
  private func revisions(of present: [String]) -> [String] {
    var named: [String] = []
    var left = Set(present)
    for reference in FileContents.names(in: Path.join(folder, "refs")) ?? [] {
      guard let commit = commit(of: reference), present.contains(commit) else { continue }
      left.remove(commit)
      named.append("\(reference) (\(commit.prefix(12)))")
    }
    return named + left.sorted()
  }
}
