internal import Documents
internal import Tensors

extension GGUF {
  /// The model's tensors under the names of transformers, its configuration and its tokenizer.
  public static func interpret(
    _ checkpoint: Checkpoint, configuration: JSONFile?
  ) throws(CheckpointError) -> ModelInterpretation? {
    // Of a file in parts, the first part has the metadata.
    guard let file = checkpoint.files.first else { return nil }
    let metadata: GGUFMetadata
    do throws(FormatError) {
      metadata = try GGUFHeader(of: file.file.bytes, file: file.path).metadata
    } catch {
      throw CheckpointError(error)
    }
    var reading = ModelInterpretation(documents: GGUFTokenizer(metadata).documents)
    guard let architecture = GGUFArchitecture.of(metadata).architecture else { return reading }
    if configuration == nil,
      let text = try GGUFConfiguration(architecture, metadata, checkpoint)?.json()
    {
      reading.documents["config.json"] = Array(text.pretty.utf8)
    }
    if let generation = GGUFConfiguration.generation(metadata) {
      reading.documents["generation_config.json"] = Array(generation.pretty.utf8)
    }
    reading.tensors = try tensors(of: checkpoint, architecture, metadata)
    return reading
  }

  private static func tensors(
    of checkpoint: Checkpoint, _ architecture: GGUFArchitecture, _ metadata: GGUFMetadata
  ) throws(CheckpointError) -> [DerivedTensor] {
    let heads = metadata.int("\(architecture.name).attention.head_count")
    let keyHeads = metadata.int("\(architecture.name).attention.head_count_kv") ?? heads
    var tensors: [DerivedTensor] = []
    // Rotary factors are in the configuration; everything else that has no name keeps the one it has.
    for stored in checkpoint.index.tensors where !GGUFConfiguration.rotaryFactors.contains(stored.name) {
      var description = stored
      description.name = architecture.modelName(of: stored.name) ?? stored.name
      func failure(_ message: String) -> CheckpointError {
        CheckpointError(
          .inconsistent, path: checkpoint.path, "tensor \(PrintableText.quoted(stored.name)): \(message)")
      }
      let rows = architecture.pairedRows(of: stored.name)
      var derivation: any TensorDerivation = RenamedTensor(stored.name)
      if rows.isQuery || rows.isKey {
        guard let count = rows.isQuery ? heads : keyHeads,
          let turned = RotaryRows(stored, heads: count, order: .halves)
        else { throw failure("its rows cannot be divided into the heads that the metadata states") }
        derivation = turned
      } else if architecture.isShifted(stored.name) {
        guard let shifted = ShiftedTensor(stored, adding: -1) else {
          throw failure("a norm of \(stored.dtype.rawValue), where float32 is the rule")
        }
        derivation = shifted
      }
      tensors.append(DerivedTensor(description: description, derivation: derivation))
    }
    return tensors
  }
}
