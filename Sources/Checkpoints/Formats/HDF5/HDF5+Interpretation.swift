internal import Documents
internal import Tensors

extension HDF5 {
  /// Hugging Face's TensorFlow models under their PyTorch names; other files mean what they say.
  public static func interpret(
    _ checkpoint: Checkpoint, configuration: JSONFile?
  ) throws(CheckpointError) -> ModelInterpretation? {
    // What Keras 2 leaves at the top of a file of weights.
    let isKeras2 = checkpoint.files.contains { $0.contents.metadata.contains { $0.key == "layer_names" } }
    let names = checkpoint.index.tensors.lazy.map(\.name)
    guard isKeras2, TensorFlowNames.areUsed(in: names) || configuration?.root["model_type"] != nil else { return nil }
    var tensors: [DerivedTensor] = []
    var sources: [String: String] = [:]
    for stored in checkpoint.index.tensors {
      let tensor = derived(stored)
      if let other = sources.updateValue(stored.name, forKey: tensor.description.name) {
        throw CheckpointError(
          .inconsistent, path: checkpoint.path,
          "\(PrintableText.quoted(other)) and \(PrintableText.quoted(stored.name)) are both "
            + "\(PrintableText.quoted(tensor.description.name)) in PyTorch")
      }
      tensors.append(tensor)
    }
    return ModelInterpretation(tensors: tensors)
  }

  private static func derived(_ stored: TensorDescription) -> DerivedTensor {
    let weight = TensorFlowNames.weight(at: stored.name, shape: stored.shape)
    var description = stored
    description.name = weight.name
    if let permutation = weight.permutation, let turned = TransposedTensor(stored, permutation: permutation) {
      description.shape = turned.shape
      return DerivedTensor(description: description, derivation: turned)
    }
    if weight.dropsLeadingOne { description.shape = Shape(Array(stored.shape.dimensions.dropFirst())) }
    return DerivedTensor(description: description, derivation: RenamedTensor(stored.name))
  }
}
