internal import Documents
internal import Tensors

/// What the writer of a checkpoint says about it, so that damage can be found later: `braid-record.json`.
package struct CheckpointRecord {
  /// The name of the record beside the weights.
  package static let name = "braid-record.json"
  /// Changes whenever the meaning of a member does.
  static let version = 1

  private let layout: CheckpointLayout
  private var digests: [ContentDigest?]
  /// What the maker of the checkpoint adds.
  var additions: [(key: String, value: JSONValue)] = []

  init(_ layout: CheckpointLayout) {
    self.layout = layout
    digests = [ContentDigest?](repeating: nil, count: layout.tensors.count)
  }

  mutating func set(_ digest: ContentDigest, tensor: Int) { digests[tensor] = digest }

  /// One digest for all tensors: that of a list of their names, stored sizes and digests.
  var digest: ContentDigest {
    let lines = layout.tensors.indices.map { number in
      "\(layout.tensors[number].name) \(layout.storedByteCount(of: number)) \(digests[number]?.text ?? "")\n"
    }
    return ContentDigest(of: lines.sorted().joined())
  }

  /// The record as a file.
  var bytes: [UInt8] {
    let files = layout.shards.map { shard in
      JSONValue.object([("name", .string(shard.fileName)), ("bytes", .integer(shard.byteCount))])
    }
    let tensors = layout.tensors.indices.map { number in
      let placement = layout.placements[number]
      return JSONValue.object([
        ("name", .string(layout.tensors[number].name)), ("file", .string(layout.shards[placement.shard].fileName)),
        ("offset", .integer(placement.offset)), ("bytes", .integer(layout.storedByteCount(of: number))),
        ("piece", .integer(TensorDigests.pieceByteCount(placement.form.elements))),
        ("xxh3_128", .string(digests[number]?.text ?? "")),
      ])
    }
    let record = JSONValue.object(
      [
        ("record", .integer(Self.version)), ("format", .string(layout.format)), ("xxh3_128", .string(digest.text)),
      ] + additions + [
        ("files", .array(files)), ("tensors", .array(tensors)),
      ])
    return Array(record.pretty.utf8)
  }
}
