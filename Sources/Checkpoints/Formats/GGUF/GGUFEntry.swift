internal import Documents
internal import Tensors

/// A tensor as a GGUF file has it, and the tensors of the model that are in it: one, or those of all experts.
struct GGUFEntry {
  /// The name in the file.
  let name: String
  /// The shape in the file.
  private(set) var shape: Shape
  /// How elements are stored.
  let form: StoredForm
  /// The model's tensors, in the order of their elements.
  private(set) var tensors: [Int]

  /// The number of the kind of its elements.
  var kind: UInt32 {
    let kind: GGUFKind =
      switch form.elements {
      case .plain(let dtype): .plain(dtype)
      case .blocks(let format): .blocks(format)
      }
    return kind.number ?? 0
  }

  /// The tensors of a file, in the order in which the model's tensors first need them.
  ///
  /// - Throws: if a tensor has no place, or if experts are missing or differ.
  static func entries(
    of tensors: [TensorDescription], _ settings: GGUFModelSettings, _ form: GGUFForm
  ) throws(CheckpointError) -> [GGUFEntry] {
    var entries: [GGUFEntry] = []
    var positions: [String: Int] = [:]
    var experts: [String: [Int: Int]] = [:]
    for (number, tensor) in tensors.enumerated() {
      let (name, expert, storedForm) = try settings.placement(of: tensor, form: form)
      if let expert {
        guard experts[name, default: [:]].updateValue(number, forKey: expert) == nil else { throw twice(tensor.name) }
      }
      if positions[name] == nil {
        positions[name] = entries.count
        let shape =
          storedForm.order == .transposed ? Shape(Array(tensor.shape.dimensions.reversed())) : tensor.shape
        entries.append(GGUFEntry(name: name, shape: shape, form: storedForm, tensors: [number]))
      } else if expert == nil {
        throw twice(tensor.name)
      }
    }
    for (name, members) in experts {
      guard let position = positions[name] else { continue }
      var numbers: [Int] = []
      for expert in 0..<members.count {
        guard let number = members[expert] else {
          throw GGUFModelSettings.refusal("expert \(expert) is missing among those of \(PrintableText.quoted(name))")
        }
        guard tensors[number].shape == entries[position].shape else {
          throw GGUFModelSettings.refusal(
            "the experts of \(PrintableText.quoted(name)) have different shapes, \(entries[position].shape) and "
              + "\(tensors[number].shape)")
        }
        numbers.append(number)
      }
      entries[position].tensors = numbers
      entries[position].shape = Shape([numbers.count] + entries[position].shape.dimensions)
    }
    return entries
  }

  private static func twice(_ name: String) -> CheckpointError {
    GGUFModelSettings.refusal("the tensor \(PrintableText.quoted(name)) is there under a second name")
  }
}
