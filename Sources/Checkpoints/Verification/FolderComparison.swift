internal import Documents

/// Compares two folders byte for byte.
package enum FolderComparison {
  /// So many bytes are compared at once; what was compared does not stay resident.
  private static let atOnce = 16_777_216

  /// What differs, a line for each file, sorted by name.
  ///
  /// - Parameters:
  ///   - old: the folder that is there.
  ///   - new: the folder that it is compared with.
  package static func differences(old: String, new: String) throws(CheckpointError) -> [String] {
    let (before, after) = (files(in: old), files(in: new))
    var differences: [String] = []
    for name in before.union(after).sorted() {
      if !after.contains(name) {
        differences.append("\(PrintableText.of(name)) is not made any more")
      } else if !before.contains(name) {
        differences.append("\(PrintableText.of(name)) is missing")
      } else if let place = try firstDifference(Path.join(old, name), Path.join(new, name)) {
        differences.append("\(PrintableText.of(name)) differs from byte \(place) on")
      }
    }
    return differences
  }

  /// Removes a folder that was made for the comparison.
  package static func remove(_ folder: String) throws(CheckpointError) { try FileContents.remove(folder) }

  /// The files in a folder and the folders in it, as paths inside it; hidden ones are nobody's output.
  package static func files(in folder: String) -> Set<String> {
    var found: Set<String> = []
    collect("", in: folder, depth: 0, into: &found)
    return found
  }

  private static func collect(_ inside: String, in folder: String, depth: Int, into found: inout Set<String>) {
    guard depth < 16 else { return }
    for name in FileContents.names(in: Path.join(folder, inside)) ?? [] where !name.hasPrefix(".") {
      let path = Path.join(inside, name)
      switch FileStatus(path: Path.join(folder, path))?.kind {
      case .folder: collect(path, in: folder, depth: depth + 1, into: &found)
      case .file: found.insert(path)
      case .other, nil: continue
      }
    }
  }

  private static func firstDifference(_ a: String, _ b: String) throws(CheckpointError) -> Int? {
    // An empty file cannot be mapped.
    let sizes = (FileStatus(path: a)?.byteCount ?? 0, FileStatus(path: b)?.byteCount ?? 0)
    guard sizes.0 > 0, sizes.1 > 0 else { return sizes.0 == sizes.1 ? nil : 0 }
    let (first, second) = (try MappedFile(path: a), try MappedFile(path: b))
    let common = min(first.bytes.count, second.bytes.count)
    for start in stride(from: 0, to: common, by: atOnce) {
      let range = start..<min(common, start + atOnce)
      let (left, right) = (first.bytes[range], second.bytes[range])
      if !left.elementsEqual(right) {
        return zip(range, zip(left, right)).first { $1.0 != $1.1 }?.0
      }
      first.release(range)
      second.release(range)
    }
    return first.bytes.count == second.bytes.count ? nil : common
  }
}
