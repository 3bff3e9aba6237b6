internal import Documents

/// The list that says in which shard each tensor of a sharded checkpoint lies (`model.safetensors.index.json`).
struct WeightMap {
  /// The path of the list.
  let path: String
  /// The tensors and their shards, in the order of the list.
  let entries: [(tensor: String, shard: String)]

  /// The most bytes that a list may have; that of a model with 90 000 tensors has nine million.
  static let maximumByteCount = 100_000_000
  /// How many tensors a list may name.
  static let maximumTensorCount = 1_000_000
  /// How many shards a list may name. The largest published checkpoints have a few hundred.
  static let maximumShardCount = 10_000

  /// Reads and checks the list; whether the shards exist is checked by who opens them.
  init(path: String) throws(CheckpointError) {
    self.path = path
    entries = try MappedFile.withBytes(of: path) { bytes throws(CheckpointError) in
      try Self.entries(of: bytes, path: path)
    }
  }

  private static func entries(
    of bytes: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) -> [(tensor: String, shard: String)] {
    guard bytes.count <= maximumByteCount else {
      throw CheckpointError(
        .inconsistent, path: path, "the list has \(bytes.count) bytes, more than \(maximumByteCount)")
    }
    var members = JSONMemberReader(bytes, refusingDuplicateKeys: true, valuesPerMember: maximumTensorCount)
    var entries: [(tensor: String, shard: String)]?
    while true {
      let member: JSONMember?
      do {
        member = try members.next()
      } catch {
        throw failure(path, bytes, error.offset, "not valid JSON: \(error.message)")
      }
      guard let member else { break }
      if member.key == "weight_map" { entries = try self.entries(of: member.node, path: path, in: bytes) }
    }
    guard let entries else {
      throw CheckpointError(
        .inconsistent, path: path, "there is no weight_map", hint: "a weight index maps tensor names to shard files")
    }
    return entries
  }

  private static func entries(
    of node: JSONNode, path: String, in bytes: UnsafeRawBufferPointer
  ) throws(CheckpointError) -> [(tensor: String, shard: String)] {
    guard let members = node.object else {
      throw failure(path, bytes, node.range.lowerBound, "weight_map is \(node.kind); expected an object")
    }
    var entries: [(tensor: String, shard: String)] = []
    var shards: Set<String> = []
    for member in members {
      let place = member.node.range.lowerBound
      guard let shard = member.node.string else {
        throw failure(
          path, bytes, place,
          "the shard of \(PrintableText.quoted(member.key)) is \(member.node.kind); expected a string")
      }
      guard Path.isContained(shard) else {
        throw failure(
          path, bytes, place,
          "the shard of \(PrintableText.quoted(member.key)), \(PrintableText.quoted(shard)), "
            + "is not a plain file name inside the folder")
      }
      shards.insert(shard)
      guard shards.count <= maximumShardCount else {
        throw failure(path, bytes, place, "more than \(maximumShardCount) shards")
      }
      entries.append((member.key, shard))
    }
    return entries
  }

  private static func failure(
    _ path: String, _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ message: String
  ) -> CheckpointError {
    let place = SourcePosition(byteOffset: offset, in: bytes)
    return CheckpointError(.inconsistent, path: path, "line \(place.line), column \(place.column): \(message)")
  }
}
