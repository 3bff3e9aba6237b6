internal import Documents
public import Evaluation

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Reads the prompt files that a user names.
public enum PromptLoading {
  /// The prompts of the files, in their order.
  ///
  /// - Throws: a `PromptError` with every file that cannot be read, is named twice or is not what it should be.
  public static func load(_ paths: [String], limit: Int? = nil) throws -> PromptSet {
    let (files, faults) = read(paths)
    do throws(PromptError) {
      let set = try PromptSet(files: files, limit: limit)
      guard faults.isEmpty else { throw PromptError(faults: faults) }
      return set
    } catch {
      throw faults.isEmpty ? error : PromptError(faults: faults + error.faults.filter { !faults.contains($0) })
    }
  }

  /// The prompts for embedding models in the files, or nil if the files hold none.
  ///
  /// - Throws: a `PromptError` if files of both kinds are named, or something is wrong with one.
  public static func embeddings(_ paths: [String], limit: Int? = nil) throws -> EmbeddingPromptSet? {
    let (files, faults) = read(paths)
    let recognized = files.filter(EmbeddingPromptSet.recognizes)
    guard !recognized.isEmpty else { return nil }
    guard faults.isEmpty else { throw PromptError(faults: faults) }
    if let other = files.first(where: { !EmbeddingPromptSet.recognizes($0) }) {
      throw PromptError(faults: [
        .init(
          Diagnostic(
            .error, file: other.name,
            "this file is for language models, and \(recognized[0].name) for embedding models",
            hint: "score them in runs of their own"))
      ])
    }
    return try EmbeddingPromptSet(files: files, limit: limit)
  }

  /// The files themselves.
  ///
  /// - Throws: a `PromptError` with every file that cannot be read or is named twice.
  static func files(_ paths: [String]) throws -> [PromptFile] {
    let (files, faults) = read(paths)
    guard faults.isEmpty else { throw PromptError(faults: faults) }
    return files
  }

  private static func read(_ paths: [String]) -> (files: [PromptFile], faults: [PromptError.Fault]) {
    var faults: [PromptError.Fault] = []
    var files: [PromptFile] = []
    var seen: [String: String] = [:]
    for path in paths {
      func report(_ message: String, hint: String? = nil) {
        faults.append(.init(Diagnostic(.error, file: path, message, hint: hint)))
      }
      var isFolder = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        let isPattern = path.contains(where: { "*?[".contains($0) })
        report(
          isPattern ? "no file matches this pattern" : "there is no such file of prompts", hint: nearest(to: path))
        continue
      }
      if isFolder {
        report("this is a folder, not a file of prompts", hint: "name its files: \(path)/*.jsonl")
        continue
      }
      let identity = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      if let first = seen.updateValue(path, forKey: identity) {
        report(first == path ? "the file is given twice" : "the file is given twice, first as \(first)")
        continue
      }
      do {
        files.append(PromptFile(name: path, bytes: Array(try Data(contentsOf: URL(fileURLWithPath: path)))))
      } catch {
        report("the file cannot be read")
      }
    }
    return (files, faults)
  }

  /// The file in the same folder whose name is closest.
  private static func nearest(to path: String) -> String? {
    let url = URL(fileURLWithPath: path)
    let siblings = (try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
    guard let name = NearestName.of(url.lastPathComponent, in: siblings.sorted()) else { return nil }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    return "did you mean \(folder)\(name)?"
  }
}
