public import Documents
public import Tensors

/// Lays the tensors of a transformers model out as one GGUF file, as llama.cpp's converter and quantiser do it.
public enum GGUFLayout {
  /// The name of the file.
  static let fileName = "model.gguf"

  /// Lays out tensors.
  ///
  /// - Parameters:
  ///   - tensors: the tensors under transformers' names.
  ///   - configuration: the model's `config.json`.
  ///   - tokenizer: its `tokenizer.json`, if it has one; a file without it holds no vocabulary.
  ///   - tokenizerConfiguration: its `tokenizer_config.json`.
  ///   - chatTemplate: its `chat_template.jinja`, where that is a file of its own.
  ///   - name: what the model is called.
  ///   - form: what matrices are stored as.
  /// - Throws: if llama.cpp has no such architecture, tokenizer or tensor, as far as is known here.
  public static func make(
    _ tensors: [TensorDescription], configuration: JSONNode?, tokenizer: JSONNode? = nil,
    tokenizerConfiguration: JSONNode? = nil, chatTemplate: String? = nil, name: String = "model", form: GGUFForm
  ) throws(CheckpointError) -> CheckpointLayout {
    _ = try ShardGroups(tensors, limit: .max, stem: "model", ending: "gguf")
    let settings = try GGUFModelSettings(configuration, tensors: tensors)
    var writer = GGUFHeaderWriter()
    try settings.write(to: &writer, name: name, form: form)
    try GGUFVocabulary(
      tokenizer, configuration: tokenizerConfiguration, model: configuration, chatTemplate: chatTemplate,
      size: settings.vocabularySize
    ).write(to: &writer)

    var extras: [(offset: Int, bytes: [UInt8])] = []
    for extra in settings.rotary.tensors {
      let offset = writer.add(
        tensor: extra.name, shape: [extra.factors.count], elements: .plain(.float32), kind: 0)
      extras.append((offset, extra.factors.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }))
    }
    var places: [(offset: Int, form: StoredForm)] = []
    for tensor in tensors {
      let (stored, storedForm) = try settings.placement(of: tensor, form: form)
      let kind: GGUFKind =
        switch storedForm.elements {
        case .plain(let dtype): .plain(dtype)
        case .blocks(let format): .blocks(format)
        }
      let offset = writer.add(
        tensor: stored, shape: tensor.shape, elements: storedForm.elements, kind: kind.number ?? 0)
      places.append((offset, storedForm))
    }
    let (header, dataByteCount) = writer.finished
    let pieces =
      [CheckpointLayout.Piece(offset: 0, bytes: header)]
      + extras.map { CheckpointLayout.Piece(offset: header.count + $0.offset, bytes: $0.bytes) }
    return CheckpointLayout(
      format: GGUF.name, tensors: tensors,
      shards: [
        CheckpointLayout.Shard(
          fileName: fileName, byteCount: header.count + dataByteCount, pieces: pieces, tensors: Array(tensors.indices))
      ],
      placements: places.map { .init(shard: 0, offset: header.count + $0.offset, form: $0.form) })
  }
}
