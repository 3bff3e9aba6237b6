internal import Documents
public import Tensors

/// Lays tensors out as safetensors files.
///
/// Inside a shard, tensors with wider elements come first, so that each begins at a multiple of its element size, which
/// PyTorch needs to read them in place. Elements begin at a multiple of 4096 in the file, so that they can be written
/// past the page cache.
public enum SafetensorsLayout {
  /// Elements begin at a multiple of this many bytes in a file.
  static let alignment = 4096

  /// Lays out tensors.
  ///
  /// - Parameters:
  ///   - forms: how each is stored, in plain elements; as it is if nil.
  ///   - maxShardSize: the most bytes of elements in one shard.
  ///   - metadata: free texts for the header of every shard.
  /// - Throws: if two tensors have the same name or a shape that no file can hold.
  public static func make(
    _ tensors: [TensorDescription], forms: [StoredForm]? = nil,
    maxShardSize: Int = CheckpointLayout.defaultMaximumShardSize,
    metadata: [Metadatum] = [Metadatum(key: "format", value: "pt")]
  ) throws(CheckpointError) -> CheckpointLayout {
    let forms = forms ?? tensors.map { StoredForm(.plain($0.dtype)) }
    let stored = PlainForms.stored(tensors, forms)
    let groups = try ShardGroups(
      stored, limit: maxShardSize, stem: "model", ending: "safetensors", reservedNames: ["__metadata__"])
    var shards: [CheckpointLayout.Shard] = []
    var places = [(shard: Int, offset: Int)](repeating: (0, 0), count: tensors.count)
    for (number, group) in groups.groups.enumerated() {
      let members = group.sorted { (-stored[$0].dtype.byteCount, $0) < (-stored[$1].dtype.byteCount, $1) }
      let header = SafetensorsHeader.bytes(of: members.map { stored[$0] }, metadata: metadata, alignment: alignment)
      guard header.count <= Safetensors.maximumHeaderLength else {
        throw CheckpointError(
          .refused, path: "the output",
          "the header of a shard would have \(header.count) bytes, more than readers accept",
          hint: "make the shards smaller with --max-shard-size")
      }
      var end = header.count
      for member in members {
        places[member] = (number, end)
        end += stored[member].byteCount
      }
      shards.append(
        CheckpointLayout.Shard(
          fileName: groups.fileName(number), byteCount: end,
          pieces: [CheckpointLayout.Piece(offset: 0, bytes: header)], tensors: members))
    }
    return CheckpointLayout(
      format: Safetensors.name, tensors: tensors, shards: shards,
      placements: zip(places, forms).map { .init(shard: $0.shard, offset: $0.offset, form: $1) },
      shardList: groups.list(of: stored))
  }
}

/// Tensors as files of plain elements describe them.
enum PlainForms {
  /// The tensors with the dtypes that their forms give them.
  static func stored(_ tensors: [TensorDescription], _ forms: [StoredForm]) -> [TensorDescription] {
    zip(tensors, forms).map { tensor, form in
      guard case .plain(let dtype) = form.elements else { return tensor }
      return TensorDescription(name: tensor.name, dtype: dtype, shape: tensor.shape)
    }
  }
}
