public import Documents
public import Tensors

/// Lays the tensors of a transformers model out as GGUF files, as llama.cpp's converter, quantiser and splitter do it.
public enum GGUFLayout {
  /// The name of the file, or what the names of its parts begin with.
  static let stem = "model"

  /// Lays out tensors.
  ///
  /// - Parameters:
  ///   - tensors: the tensors under transformers' names.
  ///   - configuration: the model's `config.json`.
  ///   - tokenizer: what lies beside it about its tokenizer; without that, the file holds no vocabulary.
  ///   - name: what the model is called.
  ///   - form: what matrices are stored as.
  ///   - maxShardSize: the most bytes of elements in one file, or nil for a single file.
  /// - Throws: if llama.cpp has no such architecture, tokenizer or tensor, as far as is known here.
  public static func make(
    _ tensors: [TensorDescription], configuration: JSONNode?, tokenizer: TokenizerFiles = TokenizerFiles(),
    name: String = "model", form: GGUFForm, maxShardSize: Int? = nil
  ) throws(CheckpointError) -> CheckpointLayout {
    _ = try ShardGroups(tensors, limit: .max, stem: stem, ending: "gguf")
    let settings = try GGUFModelSettings(configuration, tensors: tensors)
    var first = GGUFHeaderWriter()
    try settings.write(to: &first, name: name, form: form)
    try GGUFVocabulary(tokenizer, model: configuration, size: settings.vocabularySize).write(to: &first)

    let groups = try groups(
      try GGUFEntry.entries(of: tensors, settings, form), tensors, maxShardSize: maxShardSize ?? .max)
    let extras = settings.rotary.tensors
    let count = groups.reduce(extras.count) { $0 + $1.count }
    var shards: [CheckpointLayout.Shard] = []
    var placements = [CheckpointLayout.Placement?](repeating: nil, count: tensors.count)
    for (number, group) in groups.enumerated() {
      var writer = number == 0 ? first : GGUFHeaderWriter()
      if groups.count > 1 { GGUFSplit(number: number + 1, count: groups.count).write(to: &writer, tensors: count) }
      var places: [(offset: Int, bytes: [UInt8])] = []
      for extra in number == 0 ? extras : [] {
        let offset = writer.add(
          tensor: extra.name, shape: [extra.factors.count], elements: .plain(.float32), kind: 0)
        places.append((offset, extra.factors.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }))
      }
      let offsets = group.map { entry in
        writer.add(tensor: entry.name, shape: entry.shape, elements: entry.form.elements, kind: entry.kind)
      }
      let (header, dataByteCount) = writer.finished
      for (entry, offset) in zip(group, offsets) {
        for (position, tensor) in entry.tensors.enumerated() {
          let size = entry.form.elements.byteCount(elements: tensors[tensor].shape.elementCount)
          placements[tensor] = CheckpointLayout.Placement(
            shard: number, offset: header.count + offset + position * size, form: entry.form)
        }
      }
      shards.append(
        CheckpointLayout.Shard(
          fileName: groups.count > 1 ? stem + SplitFile.suffix(number + 1, of: groups.count) : stem + ".gguf",
          byteCount: header.count + dataByteCount,
          pieces: [CheckpointLayout.Piece(offset: 0, bytes: header)]
            + places.map { CheckpointLayout.Piece(offset: header.count + $0.offset, bytes: $0.bytes) },
          tensors: group.flatMap(\.tensors)))
    }
    return CheckpointLayout(
      format: GGUF.name, tensors: tensors, shards: shards, placements: placements.compactMap { $0 })
  }

  /// What goes into each file: as much as fits, and at least one tensor.
  private static func groups(
    _ entries: [GGUFEntry], _ tensors: [TensorDescription], maxShardSize: Int
  ) throws(CheckpointError) -> [[GGUFEntry]] {
    var groups: [[GGUFEntry]] = [[]]
    var filled = 0
    for entry in entries {
      let size = entry.tensors.reduce(0) {
        $0 + entry.form.elements.byteCount(elements: tensors[$1].shape.elementCount)
      }
      if filled > 0, size > maxShardSize - filled {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(entry)
      filled += size
    }
    guard groups.count <= SplitFile.maximumCount else {
      throw GGUFModelSettings.refusal(
        "\(groups.count) files are too many", hint: "a GGUF file can have \(SplitFile.maximumCount) parts")
    }
    return groups
  }
}
