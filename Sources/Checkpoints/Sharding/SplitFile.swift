/// A GGUF file that is one of several by its name, `NAME-00002-of-00005.gguf`; no list says so.
///
/// Shards of other formats have such names, too, but a list beside them.
struct SplitFile {
  private let folder: String
  private let stem: String
  /// Which part the name is of, counted from one.
  let number: Int
  /// How many parts there are.
  let count: Int

  /// How many parts there can be; the largest published checkpoints have a few hundred.
  static let maximumCount = 10_000

  /// Takes a path's name apart; nil if it is not the name of a part.
  init?(_ path: String) {
    let name = Path.lastComponent(path)
    guard name.hasSuffix(".gguf"), let dot = name.lastIndex(of: ".") else { return nil }
    let parts = name[..<dot].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[parts.count - 2] == "of", let last = parts.last, last.utf8.count == 5,
      parts[parts.count - 3].utf8.count == 5, let count = Int(last), let number = Int(parts[parts.count - 3]),
      count >= 1, count <= Self.maximumCount, number >= 1, number <= count
    else { return nil }
    folder = Path.folder(of: path)
    stem = parts.dropLast(3).joined(separator: "-")
    self.number = number
    self.count = count
  }

  /// Whether a name is that of a part of the same file.
  func contains(_ name: String) -> Bool { (1...count).contains { self.name($0) == name } }

  /// The paths of all parts, in order.
  ///
  /// - Throws: if a part is not there.
  func parts() throws(CheckpointError) -> [String] {
    var paths: [String] = []
    for number in 1...count {
      let path = Path.join(folder, name(number))
      guard FileStatus(path: path) != nil else {
        throw CheckpointError(
          .missing, path: path, "this part of \(count) is not there",
          hint: "the download or the copy of the model is incomplete")
      }
      paths.append(path)
    }
    return paths
  }

  private func name(_ number: Int) -> String { stem + Self.suffix(number, of: count) }

  /// How the name of a part ends.
  static func suffix(_ number: Int, of count: Int) -> String {
    func digits(_ value: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "-\(digits(number))-of-\(digits(count)).gguf"
  }
}
