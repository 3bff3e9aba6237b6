internal import Tensors

/// Lays tensors out as PyTorch's zip files, sharded like transformers' (`pytorch_model-00001-of-00002.bin`).
enum PyTorchLayout {
  /// Lays out tensors, each stored in plain elements.
  static func make(
    _ tensors: [TensorDescription], forms: [StoredForm], maxShardSize: Int
  ) throws(CheckpointError) -> CheckpointLayout {
    let stored = PlainForms.stored(tensors, forms)
    let groups = try ShardGroups(stored, limit: maxShardSize, stem: "pytorch_model", ending: "bin")
    var shards: [CheckpointLayout.Shard] = []
    var places = [(shard: Int, offset: Int)](repeating: (0, 0), count: tensors.count)
    var archives: [ZipLayout] = []
    for (number, group) in groups.groups.enumerated() {
      let archive = ZipLayout(entries(for: group.map { stored[$0] }, numbers: group))
      for tensor in group { places[tensor] = (number, archive.tensorOffsets[tensor] ?? 0) }
      shards.append(
        CheckpointLayout.Shard(
          fileName: groups.fileName(number), byteCount: archive.byteCount, pieces: archive.pieces, tensors: group))
      archives.append(archive)
    }
    return CheckpointLayout(
      format: "PyTorch", tensors: tensors, shards: shards,
      placements: zip(places, forms).map { .init(shard: $0.shard, offset: $0.offset, form: $1) },
      shardList: groups.list(of: stored), closing: ArchiveClosing(archives: archives))
  }

  /// The entries that `torch.save` writes, less those that only identify one saving among others.
  private static func entries(for tensors: [TensorDescription], numbers: [Int]) -> [ZipLayout.Entry] {
    let folder = "archive/"
    var entries = [
      ZipLayout.Entry(name: folder + "data.pkl", bytes: StateDictionaryPickle.bytes(of: tensors)),
      ZipLayout.Entry(name: folder + "byteorder", bytes: Array("little".utf8)),
    ]
    for (entry, (tensor, number)) in zip(tensors, numbers).enumerated() {
      entries.append(
        ZipLayout.Entry(
          name: folder + "data/\(entry)", bytes: [], tensor: number, tensorByteCount: tensor.byteCount))
    }
    entries.append(ZipLayout.Entry(name: folder + "version", bytes: Array("3\n".utf8)))
    return entries
  }
}

/// Closes one archive for each shard.
struct ArchiveClosing: LayoutClosing {
  let archives: [ZipLayout]

  func pieces(ofShard shard: Int, checksum: (Int) -> Checksum) -> [CheckpointLayout.Piece] {
    archives[shard].pieces(ofShard: shard, checksum: checksum)
  }
}
