#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Short names for the models of a run: what tables show and what folders of results are called.
public enum ModelNames {
  /// Names that differ from each other, in the order of the arguments.
  ///
  /// A name is the last part of the path without the ending of a spec or a weight file; where several are the same, as
  /// many of the folders above as it takes to tell them apart go in front.
  ///
  /// - Parameter reserved: names that are taken already.
  public static func distinct(_ arguments: [String], reserved: Set<String> = []) -> [String] {
    let parts = arguments.map(Self.parts)
    var depths = parts.map { _ in 1 }
    func names() -> [String] { zip(parts, depths).map { $0.suffix($1).joined(separator: "-") } }
    while true {
      let counts = Dictionary(names().map { ($0, 1) }, uniquingKeysWith: +)
      var hasChanged = false
      for (index, name) in names().enumerated() {
        guard counts[name, default: 0] > 1 || reserved.contains(name), depths[index] < parts[index].count
        else { continue }
        depths[index] += 1
        hasChanged = true
      }
      if !hasChanged { break }
    }
    // Paths that are the same but for their endings, say `ties.yml` and `ties`, are numbered.
    var taken = reserved
    return names().map { name in
      var candidate = name
      var number = 2
      while !taken.insert(candidate).inserted {
        candidate = "\(name)-\(number)"
        number += 1
      }
      return candidate
    }
  }

  /// The names on the way to a model, its own last and without an ending.
  private static func parts(of argument: String) -> [String] {
    var parts: [String] = []
    for part in argument.split(separator: "/").map(String.init) where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    if parts.isEmpty || parts.contains("..") {
      // The argument alone has no name; the folder it leads to has one.
      parts = URL(fileURLWithPath: argument).standardizedFileURL.path.split(separator: "/").map(String.init)
    }
    guard var name = parts.popLast() else { return ["root"] }
    for ending in [".yml", ".yaml", ".safetensors"]
    where name.lowercased().hasSuffix(ending) && name.count > ending.count {
      name.removeLast(ending.count)
      break
    }
    // A weight file is usually called like every other; its folder says which model it is.
    if name == "model", let folder = parts.popLast() { name = folder }
    return parts + [name]
  }
}
