internal import Documents
internal import Kernels
private import Synchronization

/// Compares a checkpoint's files with the record that their writer left beside them.
struct RecordComparison {
  private(set) var findings: [CheckpointVerification.Finding] = []
  /// How many tensors had a digest to compare with.
  private(set) var compared = 0

  /// What the record says of a tensor.
  private struct Entry {
    var name: String
    var file: WeightFile
    var bytes: Range<Int>
    var piece: Int
    var digest: String
  }

  init(of model: ModelFolder, threads: Int) throws {
    guard let record = try model.json(named: CheckpointRecord.name) else {
      findings = [
        .init(severity: .note, message: "there is no \(CheckpointRecord.name), so nothing tells what was written")
      ]
      return
    }
    let files = Dictionary(model.checkpoint.files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for file in record.root["files"]?.array ?? [] {
      guard let name = file["name"]?.string, let size = file["bytes"]?.int else { continue }
      if let found = files[name] {
        if found.file.bytes.count != size {
          fail("\(name) has \(found.file.bytes.count) bytes, but \(size) were written")
        }
      } else {
        fail("\(PrintableText.quoted(name)) was written, but is not part of the checkpoint")
      }
    }
    var entries: [Entry] = []
    for tensor in record.root["tensors"]?.array ?? [] {
      guard let name = tensor["name"]?.string, let file = tensor["file"]?.string, let offset = tensor["offset"]?.int,
        let count = tensor["bytes"]?.int, let piece = tensor["piece"]?.int, let digest = tensor["xxh3_128"]?.string,
        offset >= 0, count >= 0, piece > 0
      else {
        fail("\(CheckpointRecord.name) has an entry that cannot be understood")
        continue
      }
      guard let weights = files[file], count <= weights.file.bytes.count,
        offset <= weights.file.bytes.count - count
      else {
        fail("tensor \(PrintableText.quoted(name)) was written to \(file), which is gone or too short")
        continue
      }
      entries.append(
        Entry(name: name, file: weights, bytes: offset..<offset + count, piece: piece, digest: digest))
    }
    compared = entries.count
    findings += try Self.changed(entries, threads: threads)
  }

  private static func changed(_ entries: [Entry], threads: Int) throws -> [CheckpointVerification.Finding] {
    let changed = Mutex<Set<Int>>([])
    try ThreadTeam(count: threads).share(entries.count) { _, next in
      while let number = next() {
        let entry = entries[number]
        if TensorDigests.digest(of: entry.bytes, in: entry.file.file, pieceByteCount: entry.piece).text != entry.digest
        {
          changed.withLock { _ = $0.insert(number) }
        }
      }
    }
    return changed.withLock(\.self).sorted().map { number in
      .init(
        severity: .error,
        message: "tensor \(PrintableText.quoted(entries[number].name)) is not what was written "
          + "(\(entries[number].file.name), bytes \(entries[number].bytes.lowerBound) to \(entries[number].bytes.upperBound))"
      )
    }
  }

  private mutating func fail(_ message: String) { findings.append(.init(severity: .error, message: message)) }
}
