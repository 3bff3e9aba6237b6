internal import Documents
internal import Tensors

/// What the writer of a checkpoint says about it, so that damage can be found later: `braid-record.json`.
struct CheckpointRecord {
  /// The name of the record beside the weights.
  static let name = "braid-record.json"
  /// Changes whenever the meaning of a member does.
  static let version = 1

  private let layout: CheckpointLayout
  private var digests: [String]

  init(_ layout: CheckpointLayout) {
    self.layout = layout
    digests = [String](repeating: "", count: layout.tensors.count)
  }

  mutating func set(_ digest: String, tensor: Int) { digests[tensor] = digest }

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
        ("xxh3_128", .string(digests[number])),
      ])
    }
    let record = JSONValue.object([
      ("record", .integer(Self.version)), ("format", .string(layout.format)), ("files", .array(files)),
      ("tensors", .array(tensors)),
    ])
    return Array(record.pretty.utf8)
  }
}
