internal import Documents
internal import Tensors

/// Works out which of a model's tensors an adapter changes, and how; nothing but headers is looked at.
struct AdapterMatching {
  let checkpoint: Checkpoint
  let settings: AdapterConfiguration
  let base: TensorIndex
  let model: ModelTraits
  private let names: TargetNames
  private var replacements: [String: TensorDescription] = [:]
  private var found: [String: TensorAdaptation] = [:]
  private var order: [String] = []
  /// Whether embedding and head, which the model has as one, part.
  private(set) var unties = false

  init(_ adapter: AdapterFolder, _ base: TensorIndex, configuration: JSONNode?) throws(CheckpointError) {
    checkpoint = adapter.checkpoint
    settings = adapter.configuration
    self.base = base
    model = ModelTraits(base, configuration: configuration)
    names = TargetNames(base)
    let parts = try AdapterParts(adapter.checkpoint)
    for replacement in parts.replacements { try replace(replacement.target, by: replacement.tensor) }
    for update in parts.updates { try apply(update) }
    try replaceRows(parts.tokenRows)
    partHeadFromEmbedding()
  }

  /// The tensors that change, in the order of the adapter's file.
  var adaptations: [TensorAdaptation] { order.compactMap { found[$0] } }

  private mutating func add(_ adaptation: TensorAdaptation) {
    if found.updateValue(adaptation, forKey: adaptation.description.name) == nil {
      order.append(adaptation.description.name)
    }
  }

  // MARK: Targets

  /// A tensor of the model by the adapter's name for it.
  ///
  /// A head that the model does not have apart from its embedding is that embedding under the head's name.
  private func target(
    _ name: String, of tensor: String, isHeadAllowed: Bool = true
  ) throws(CheckpointError) -> (description: TensorDescription, origin: TensorDescription) {
    if let found = names.find(name) { return (found, found) }
    if isHeadAllowed, ModelTraits.isHead(name), model.sharesHead, let embedding = model.embedding {
      return (TensorDescription(name: name, dtype: embedding.dtype, shape: embedding.shape), embedding)
    }
    var error = PackedParts.fault(
      in: checkpoint, tensor, found: "a change of \(PrintableText.of(name)), which the model does not have",
      expected: "the names of the model that the adapter was trained on")
    if let nearest = names.nearest(to: name) {
      error.hint = "the nearest tensor of the model is \(PrintableText.of(nearest))"
    } else if let trained = settings.baseModel, !trained.isEmpty {
      error.hint = "it was trained on \(PrintableText.of(trained))"
    }
    throw error
  }

  /// Lets a tensor of the adapter take the place of the model's.
  private mutating func replace(_ name: String, by tensor: TensorDescription) throws(CheckpointError) {
    let (description, origin) = try target(name, of: tensor.name)
    guard tensor.shape == description.shape else { throw wrongShape(tensor, description) }
    guard tensor.dtype == description.dtype || tensor.dtype.isFloatingPoint && description.dtype.isFloatingPoint else {
      throw fault(
        tensor, found: "elements of the type \(tensor.dtype.rawValue)",
        expected: "\(description.dtype.rawValue), as in \(PrintableText.of(description.name))")
    }
    guard replacements.updateValue(tensor, forKey: description.name) == nil else {
      throw fault(tensor, found: "a second tensor for \(PrintableText.of(description.name))", expected: "one")
    }
    if origin.name != description.name { unties = true }
    add(TensorAdaptation(description: description, origin: tensor, isReplaced: true))
  }

  /// Lets rows of the adapter take the place of a matrix's.
  private mutating func replaceRows(_ all: [(target: String, tensor: TensorDescription)]) throws(CheckpointError) {
    for (module, tensor) in all {
      let name = module + ".weight"
      // A head that goes along with its embedding has the same rows once more where the whole state was saved.
      if ModelTraits.isHead(name), !settings.trainedTokens.names(module), all.count > 1 { continue }
      guard let tokens = settings.trainedTokens.tokens(of: module) else {
        throw fault(
          tensor, found: "rows for tokens of \(PrintableText.of(module))",
          expected: "such tokens among the \(settings.trainedTokens.description) of adapter_config.json")
      }
      let (description, origin) = try target(name, of: tensor.name)
      guard found[description.name] == nil else {
        throw fault(tensor, found: "a second change of \(PrintableText.of(description.name))", expected: "one")
      }
      let shape = description.shape.dimensions
      guard shape.count == 2, tensor.shape.dimensions == [tokens.count, shape[1]] else {
        throw fault(
          tensor, found: "the shape \(tensor.shape)",
          expected: "[\(tokens.count), \(shape.last ?? 0)], a row for each token of adapter_config.json")
      }
      guard tensor.dtype.isFloatingPoint, description.dtype.isFloatingPoint else {
        throw fault(tensor, found: "elements of the type \(tensor.dtype.rawValue)", expected: "floating point")
      }
      if let beyond = tokens.first(where: { $0 >= shape[0] }) {
        var error = fault(
          tensor, found: "a row for the token \(beyond)",
          expected: "tokens below \(shape[0]), the rows of \(PrintableText.of(description.name))")
        error.hint =
          "the adapter was trained with more tokens; resize the model's vocabulary first, and name the result"
        throw error
      }
      var adaptation = TensorAdaptation(description: description, origin: origin, isReplaced: false)
      adaptation.rows = RowReplacement(tensor, tokens: tokens, width: shape[1])
      if origin.name != description.name { unties = true }
      add(adaptation)
    }
  }

  // MARK: Updates

  private mutating func apply(_ update: AdapterParts.Update) throws(CheckpointError) {
    if let bias = update.parts[.outwardBias] { try addBias(bias, of: update) }
    let isEmbedding = update.parts[.embeddingInward] != nil || update.parts[.embeddingOutward] != nil
    guard let inward = update.parts[isEmbedding ? .embeddingInward : .inward],
      let outward = update.parts[isEmbedding ? .embeddingOutward : .outward]
    else {
      throw PackedParts.fault(
        in: checkpoint, update.someName,
        found: "one part of an update of \(PrintableText.of(update.target)), and not the other",
        expected: isEmbedding ? "lora_embedding_A and lora_embedding_B" : "lora_A and lora_B")
    }
    let parameter = settings.targetParameters.isEmpty ? nil : try parameter(of: update, inward, outward)
    let name = parameter ?? update.target + ".weight"
    let (description, origin) = try target(name, of: inward.name)
    guard description.dtype.isFloatingPoint else {
      throw fault(
        inward,
        found: "a change of \(PrintableText.of(description.name)), whose elements are \(description.dtype.rawValue)",
        expected: "a model with weights in floating point")
    }
    for part in [inward, outward] where !part.dtype.isFloatingPoint {
      throw fault(part, found: "elements of the type \(part.dtype.rawValue)", expected: "floating point")
    }
    guard found[description.name]?.update == nil else {
      throw fault(inward, found: "a second update of \(PrintableText.of(description.name))", expected: "one")
    }
    let module = parameter == nil ? update.target : name
    let factors = LowRankShape(
      inward, outward, target: description, isEmbedding: isEmbedding,
      prefersInputsFirst: model.hasInputsFirst(module, flag: settings.isFanInFanOut), isExpert: parameter != nil)
    guard let factors else { throw wrongShapes(inward, outward, description, isEmbedding: isEmbedding) }
    let rank = try settings.rank(of: module)
    guard factors.rank == rank else {
      throw fault(inward, found: "the rank \(factors.rank)", expected: "\(rank), as adapter_config.json has it")
    }
    let scale = try settings.scale(of: module, rank: rank)
    guard scale.isFinite else { throw fault(inward, found: "the scale \(scale)", expected: "a finite number") }
    let replacement = replacements[description.name]
    var adaptation = TensorAdaptation(
      description: description, origin: replacement ?? origin, isReplaced: replacement != nil)
    adaptation.update = factors.update(scale: scale)
    adaptation.experts = factors.experts
    adaptation.magnitudes = try magnitudes(of: update, factors, description)
    if origin.name != description.name { unties = true }
    add(adaptation)
  }

  private func magnitudes(
    of update: AdapterParts.Update, _ factors: LowRankShape, _ target: TensorDescription
  ) throws(CheckpointError) -> MagnitudeFactors? {
    guard let tensor = update.parts[.magnitudes] else {
      guard settings.hasMagnitudes else { return nil }
      throw PackedParts.fault(
        in: checkpoint, update.someName, found: "no lora_magnitude_vector beside it",
        expected: "one, because use_dora is set")
    }
    guard settings.hasMagnitudes else {
      throw fault(tensor, found: "magnitudes", expected: "none, because use_dora is not set")
    }
    let outputs = factors.outputs
    guard factors.experts == 1, tensor.dtype.isFloatingPoint, tensor.shape.dimensions.contains(outputs),
      tensor.shape.elementCount == outputs
    else {
      throw fault(
        tensor, found: "the shape \(tensor.shape)",
        expected: "[\(outputs)], a number for each output of \(PrintableText.of(target.name))")
    }
    return MagnitudeFactors(tensor, areColumns: factors.hasInputsFirst)
  }

  /// The scaled bias of the second matrix goes to the module's own.
  private mutating func addBias(
    _ bias: TensorDescription, of update: AdapterParts.Update
  ) throws(CheckpointError) {
    let (description, _) = try target(update.target + ".bias", of: bias.name)
    guard bias.shape == description.shape else { throw wrongShape(bias, description) }
    guard bias.dtype.isFloatingPoint, description.dtype.isFloatingPoint else {
      throw fault(bias, found: "elements of the type \(bias.dtype.rawValue)", expected: "floating point")
    }
    let rank = try settings.rank(of: update.target)
    let replacement = replacements[description.name]
    var adaptation = TensorAdaptation(
      description: description, origin: replacement ?? description, isReplaced: replacement != nil)
    adaptation.addend = (
      StoredNumbers(name: bias.name, dtype: bias.dtype), try settings.scale(of: update.target, rank: rank)
    )
    add(adaptation)
  }

  /// Which of the parameters that the settings list an update belongs to; nil if it is the weight of a module.
  ///
  /// The file names the module only; PEFT finds the parameter by the order in which it wrapped them, which the file does
  /// not tell. Shapes do, as long as they differ.
  private func parameter(
    of update: AdapterParts.Update, _ inward: TensorDescription, _ outward: TensorDescription
  ) throws(CheckpointError) -> String? {
    if update.depth == 0, names.find(update.target + ".weight") != nil { return nil }
    let leaves = Set(settings.targetParameters.compactMap { $0.split(separator: ".").last.map(String.init) }).sorted()
    let fitting = leaves.map { update.target + "." + $0 }.filter { name in
      guard let tensor = names.find(name), tensor.shape.dimensions.count == 3 else { return false }
      return LowRankShape(
        inward, outward, target: tensor, isEmbedding: false, prefersInputsFirst: false, isExpert: true) != nil
    }
    if fitting.count == 1 { return fitting[0] }
    throw fault(
      inward,
      found: "shapes that fit \(fitting.isEmpty ? "none" : fitting.joined(separator: " and ")) of the parameters"
        + " of \(PrintableText.of(update.target))",
      expected: "those of one of target_parameters")
  }

  // MARK: Shared heads

  /// An adapter on an embedding that also serves as head changes the embedding alone: that is what it was trained as.
  ///
  /// An adapter on both changes each by its own: PEFT computes so while the adapter is beside the model. Its
  /// `merge_and_unload` adds low-rank updates of both to the one matrix, after which the model computes something else;
  /// whole matrices it parts as we do.
  private mutating func partHeadFromEmbedding() {
    guard let embedding = model.embedding else { return }
    if settings.keepsTies {
      // The file has what both have in common once for each.
      guard model.sharesHead, found[embedding.name] != nil else { return }
      for head in order where ModelTraits.isHead(head) { found[head] = nil }
      order.removeAll(where: ModelTraits.isHead)
      unties = false
      return
    }
    // Trained rows are both's, unless the adapter has others for the head: they were trained so.
    if let rows = found[embedding.name]?.rows, !order.contains(where: ModelTraits.isHead) {
      guard model.statesShared, let head = base.tensors.first(where: { ModelTraits.isHead($0.name) }),
        head.shape == embedding.shape
      else { return }
      var adaptation = TensorAdaptation(description: head, origin: head, isReplaced: false)
      adaptation.rows = rows
      return add(adaptation)
    }
    if model.sharesHead {
      guard found[embedding.name] != nil || unties else { return }
      unties = true
      guard !order.contains(where: ModelTraits.isHead) else { return }
      add(
        TensorAdaptation(
          description: TensorDescription(name: model.headName, dtype: embedding.dtype, shape: embedding.shape),
          origin: embedding, isReplaced: false))
    } else if model.statesShared {
      unties = found[embedding.name] != nil || order.contains(where: ModelTraits.isHead)
    }
  }

  // MARK: Faults

  private func fault(_ tensor: TensorDescription, found: String, expected: String) -> CheckpointError {
    PackedParts.fault(in: checkpoint, tensor.name, found: found, expected: expected)
  }

  private func wrongShape(_ tensor: TensorDescription, _ target: TensorDescription) -> CheckpointError {
    var error = fault(
      tensor, found: "the shape \(tensor.shape)",
      expected: "\(target.shape), that of \(PrintableText.of(target.name))")
    if let rows = tensor.shape.dimensions.first, tensor.shape.dimensions.count == 2,
      tensor.shape.dimensions.last == target.shape.dimensions.last,
      ModelTraits.isHead(target.name) || target.name == model.embedding?.name
    {
      error.hint =
        "the adapter was trained with a vocabulary of \(rows); resize the model's to that size first, and name the result"
    }
    return error
  }

  private func wrongShapes(
    _ inward: TensorDescription, _ outward: TensorDescription, _ target: TensorDescription, isEmbedding: Bool
  ) -> CheckpointError {
    fault(
      inward, found: "the shape \(inward.shape), and \(outward.shape) in its other half",
      expected: "[rank, \(isEmbedding ? "tokens" : "inputs")] and [outputs, rank] for "
        + "\(PrintableText.of(target.name)) with the shape \(target.shape)")
  }
}
