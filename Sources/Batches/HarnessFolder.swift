internal import Documents
public import Tasks

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A folder of results in the layout of lm-evaluation-harness: `DIR/<model>/results_<time>.json`, and beside it
/// `samples_<task>_<time>.jsonl` for each task.
public enum HarnessFolder {
  /// Writes a model's results.
  ///
  /// - Returns: the paths of the files.
  /// - Throws: if they cannot be written.
  @discardableResult
  public static func write(_ results: HarnessResults, to folder: String, at time: Double) throws -> [String] {
    let stamp = stamp(time)
    let place = folder + "/" + results.folder
    var paths = ["\(place)/results_\(stamp).json"]
    try RecordFile.write(results.json.pretty, to: paths[0])
    for (task, lines) in results.samples() {
      let path = "\(place)/samples_\(task)_\(stamp).jsonl"
      try RecordFile.write(lines.map { $0 + "\n" }.joined(), to: path)
      paths.append(path)
    }
    return paths
  }

  /// A time as the harness names files: `2026-11-25T18-03-07.123456`, in universal time.
  static func stamp(_ time: Double) -> String {
    let whole = time.rounded(.down)
    let text = Date(timeIntervalSince1970: whole).formatted(.iso8601).replacing("Z", with: "").replacing(":", with: "-")
    let fraction = String(Int((time - whole) * 1_000_000))
    return text + "." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
