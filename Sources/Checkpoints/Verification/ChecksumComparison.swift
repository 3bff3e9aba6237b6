internal import Documents
internal import Kernels
private import Synchronization

/// Compares the entries of archives with the checksums that the archives state.
enum ChecksumComparison {
  /// What is wrong, in the order of the files and their directories.
  static func findings(of checkpoint: Checkpoint, threads: Int) throws -> [CheckpointVerification.Finding] {
    let entries = checkpoint.files.flatMap { file in file.contents.checksums.map { (file: file, entry: $0) } }
    let found = Mutex<[Int: CheckpointVerification.Finding]>([:])
    try ThreadTeam(count: threads).share(entries.count) { _, next in
      while let number = next() {
        let (file, entry) = entries[number]
        guard let difference = entry.difference(in: file.file) else { continue }
        let finding = CheckpointVerification.Finding(
          severity: .error,
          message: "\(file.name), bytes \(entry.bytes.lowerBound) to \(entry.bytes.upperBound): \(difference.found); "
            + "expected \(difference.expected)")
        found.withLock { $0[number] = finding }
      }
    }
    return found.withLock { found in found.sorted { $0.key < $1.key }.map(\.value) }
  }
}
