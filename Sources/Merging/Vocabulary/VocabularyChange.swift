internal import Checkpoints
internal import Documents
internal import MergeSpecs
internal import Tensors
internal import Vocabularies

/// Models with the output's vocabulary in place of their own.
struct VocabularyChange {
  private let vocabulary: OutputVocabulary
  private let models: [ParentModel]
  private let tensors: [VocabularyTensors]
  private let references: [ModelReference]

  init(
    _ vocabulary: OutputVocabulary, models: [ParentModel], tensors: [VocabularyTensors], references: [ModelReference]
  ) {
    self.vocabulary = vocabulary
    self.models = models
    self.tensors = tensors
    self.references = references
  }

  /// The models that change, by their number.
  func models(donor: Int) throws(VocabularyError) -> [Int: ParentModel] {
    var changed: [Int: ParentModel] = [:]
    for index in models.indices {
      let map = vocabulary.map(of: index)
      let extra = extraHeads(of: index)
      let isSame = map.isIdentity(rowCount: tensors[index].rowCount ?? 0)
      let roles = try index == donor ? self.roles(of: donor) : []
      guard !isSame || !roles.isEmpty else { continue }
      var model = models[index]
      if !isSame {
        let gathers = (tensors[index].embeddings + tensors[index].heads + extra).map { tensor in
          gather(tensor, of: index, map: map)
        }
        model.weights = RemappedWeights(model.weights, gathered: gathers)
        model.identity.append("vocabulary \(map.digest) of \(map.rowCount) rows")
        for other in models.indices where other != index {
          model.identity += models[other].identity.map { "model \(other) " + $0 }
        }
      }
      do throws(CheckpointError) {
        model.configurationFile = try model.configurationFile.map { file throws(CheckpointError) in
          try VocabularyPatch(rowCount: vocabulary.rowCount, roles: roles).applied(to: file)
        }
      } catch {
        throw VocabularyError(error.description)
      }
      changed[index] = model
    }
    return changed
  }

  private func gather(_ tensor: TensorDescription, of index: Int, map: TokenMap) -> RowGather {
    var output = tensor
    output.shape.dimensions[0] = map.rowCount
    var inputs: [Int: RowGather.Input] = [:]
    for (other, model) in models.enumerated() {
      if let own = source(of: tensor, in: other) { inputs[other] = RowGather.Input(source: model.weights, tensor: own) }
    }
    return RowGather(output: output, map: map, inputs: inputs)
  }

  /// The tensor of a model that has the rows for another model's tensor: that of the same name, or, in a model that
  /// shares the two, the embedding for the head.
  private func source(of tensor: TensorDescription, in model: Int) -> TensorDescription? {
    let isHead = tensors.contains { $0.heads.contains { $0.name == tensor.name } }
    let known = tensors[model]
    let found = known[tensor.name] ?? (isHead && tensor.shape.dimensions.count == 2 ? known.heads.first : nil)
    return found ?? known.embeddings.first.flatMap { tensor.shape.dimensions.count == 2 ? $0 : nil }
  }

  /// Heads that other models have and this one shares with its embedding: rows from elsewhere differ between the two.
  private func extraHeads(of model: Int) -> [TensorDescription] {
    guard models[model].header.mayTieEmbeddings, let embedding = tensors[model].embeddings.first else { return [] }
    var seen = Set(tensors[model].heads.map(\.name))
    return tensors.flatMap(\.heads).filter { $0.shape.dimensions.count == 2 && seen.insert($0.name).inserted }.map {
      TensorDescription(name: $0.name, dtype: embedding.dtype, shape: embedding.shape)
    }
  }

  /// The token numbers that change in the donor's configuration.
  private func roles(of donor: Int) throws(VocabularyError) -> [(key: String, json: String)] {
    guard vocabulary.origin != donor, let root = models[donor].configurationFile?.root else { return [] }
    return TokenRoles.changes(
      of: root, own: models[vocabulary.origin].configurationFile?.root, donor: vocabulary.models[donor].file,
      in: vocabulary)
  }
}
