#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Paths as texts: joining and taking apart.
enum Path {
  /// A path continued by another, which wins if it is absolute.
  static func join(_ folder: String, _ rest: String) -> String {
    if rest.hasPrefix("/") || folder.isEmpty { return rest }
    return folder.hasSuffix("/") ? folder + rest : folder + "/" + rest
  }

  /// The name at the end of a path.
  static func lastComponent(_ path: String) -> String {
    let parts = path.split(separator: "/")
    return parts.last.map(String.init) ?? path
  }

  /// The path without its last name; `.` if it is only a name.
  static func folder(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// The path without slashes at its end, and if a symbolic link stands there, what the link leads to.
  static func resolvingLink(_ path: String) throws(CheckpointError) -> String {
    try SystemCall.pathOf(path)
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    if let resolved = realpath(trimmed, nil) {
      defer { free(resolved) }
      trimmed = String(cString: resolved)
    }
    guard !["", "/"].contains(trimmed), ![".", ".."].contains(lastComponent(trimmed)) else {
      throw CheckpointError(.refused, path: path, "this cannot be the name of an output folder")
    }
    return trimmed
  }

  /// Whether a path from an untrusted file stays inside the folder that it is relative to.
  static func isContained(_ path: String) -> Bool {
    !path.isEmpty && !path.hasPrefix("/") && !path.utf8.contains(0) && !path.contains("\\")
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !["", ".", ".."].contains($0) }
  }
}
