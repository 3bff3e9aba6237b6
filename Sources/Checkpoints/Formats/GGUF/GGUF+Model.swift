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
    if architecture.family == .bert {
      reading.documents.merge(GGUFConfiguration.pooling(metadata, of: architecture)) { own, _ in own }
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
      guard let (name, entry) = architecture.model(of: stored.name) else {
        tensors.append(DerivedTensor(description: stored, derivation: RenamedTensor(stored.name)))
        continue
      }
      var description = stored
      description.name = name
      func failure(_ message: String) -> CheckpointError {
        CheckpointError(
          .inconsistent, path: checkpoint.path, "tensor \(PrintableText.quoted(stored.name)): \(message)")
      }
      func turned(_ count: Int?, _ make: (Int) -> (any TensorDerivation)?) throws(CheckpointError) {
        guard let count, let derivation = make(count) else {
          throw failure("its rows cannot be divided into the heads that the metadata states")
        }
        tensors.append(DerivedTensor(description: description, derivation: derivation))
      }
      switch entry.arrangement {
      case .queryPairs: try turned(heads) { RotaryRows(stored, heads: $0, order: .halves) }
      case .keyPairs: try turned(keyHeads) { RotaryRows(stored, heads: $0, order: .halves) }
      case .queriesKeysValues: try turned(heads) { HeadRows(stored, heads: $0) }
      case .shifted:
        guard let shifted = ShiftedTensor(stored, adding: -1) else {
          throw failure("a norm of \(stored.dtype.rawValue), where float32 is the rule")
        }
        tensors.append(DerivedTensor(description: description, derivation: shifted))
      case .transposed where stored.shape.dimensions.count == 2:
        guard let transposed = TransposedTensor(stored, permutation: [1, 0]) else { throw failure("no matrix") }
        description.shape = transposed.shape
        tensors.append(DerivedTensor(description: description, derivation: transposed))
      case .experts:
        guard stored.shape.dimensions.count > 1, stored.shape.dimensions[0] <= maximumExperts else {
          throw failure("the shape \(stored.shape), where each expert has a matrix")
        }
        description.shape = Shape(Array(stored.shape.dimensions.dropFirst()))
        for expert in 0..<stored.shape.dimensions[0] {
          guard let part = TensorPart(stored, number: expert) else { continue }
          description.name = entry.modelName(ofExpert: expert)
          tensors.append(DerivedTensor(description: description, derivation: part))
        }
      case .same, .transposed:
        tensors.append(DerivedTensor(description: description, derivation: RenamedTensor(stored.name)))
      }
    }
    return tensors
  }

  /// The most experts of a layer: `LLAMA_MAX_EXPERTS` of llama.cpp.
  private static let maximumExperts = 1024
}
