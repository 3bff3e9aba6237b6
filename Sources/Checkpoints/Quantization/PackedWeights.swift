internal import Documents
internal import Tensors

/// Weights that a quantisation stores as codes and scales, read as the numbers that they stand for.
///
/// The product of a code and its scale is taken exactly and rounded once, to float32: neither bfloat16 nor float16
/// would hold every such product. Scales of activations have no place in the result.
enum PackedWeights {
  /// The ways of packing that can be undone, as users know them.
  static let supported = ["FP8 with scales", "GPTQ of 4 or 8 bits", "AWQ of 4 bits (gemm)"]

  /// The model's tensors with the packed ones undone; nil if nothing is packed.
  ///
  /// - Parameters:
  ///   - configuration: what `config.json` says.
  ///   - folder: where to look for the notes of older tools if that says nothing.
  /// - Throws: if something is packed in a way that cannot be undone, or parts of it are missing or do not fit.
  static func derivations(
    of checkpoint: Checkpoint, configuration: JSONFile?, folder: String
  ) throws(CheckpointError) -> [DerivedTensor]? {
    let index = checkpoint.index
    var settings = QuantizationSettings(configuration?.root)
    if settings == nil, index.tensors.contains(where: { $0.name.hasSuffix("." + PackedParts.codes) }) {
      settings = try notes(in: folder)
    }
    let packed = index.tensors.first(where: isPacked)
    switch settings?.method {
    case nil:
      // Float8 weights speak for themselves; integers do not say what they mean.
      if let codes = index.tensors.first(where: { isPacked($0) && $0.name.hasSuffix("." + PackedParts.codes) }) {
        throw refusal(
          checkpoint, codes,
          "it holds codes, but neither a quantization_config nor quantize_config.json says how they are packed")
      }
      return try ScaledFloat8.derivations(of: checkpoint, settings: nil)
    case _ where packed == nil: return nil
    case "gptq"?, "awq"?: return try GroupedIntegers.derivations(of: checkpoint, settings: settings)
    case "fp8"?, "fbgemm_fp8"?, "modelopt"?, "compressed-tensors"?:
      let tensors = try ScaledFloat8.derivations(of: checkpoint, settings: settings)
      let left = (tensors?.map(\.description) ?? index.tensors).first(where: isPacked)
      guard let left else { return tensors }
      throw refusal(checkpoint, left, "it is packed as \(settings?.fullName ?? ""), which cannot be read")
    case let method?:
      guard let packed else { return nil }
      throw refusal(checkpoint, packed, "it is packed by \(PrintableText.quoted(method)), which cannot be read")
    }
  }

  /// What the tool that packed the weights wrote beside them.
  private static func notes(in folder: String) throws(CheckpointError) -> QuantizationSettings? {
    for (name, method) in CarriedFileRules.packingNotes.sorted(by: { $0.key < $1.key }) {
      let path = Path.join(folder, name)
      if FileStatus(path: path) != nil { return QuantizationSettings(notes: try JSONFile(path: path).root, method) }
    }
    return nil
  }

  /// Whether a tensor looks like codes: a matrix of small or packed integers, or of float8.
  private static func isPacked(_ tensor: TensorDescription) -> Bool {
    switch tensor.dtype {
    case .uint8, .int8, .int32, .uint32, .float8E4M3, .float8E5M2: tensor.shape.dimensions.count >= 2
    default: false
    }
  }

  /// An error about a tensor that cannot be unpacked.
  static func refusal(_ checkpoint: Checkpoint, _ tensor: TensorDescription, _ reason: String) -> CheckpointError {
    CheckpointError(
      .refused, path: checkpoint.location(of: tensor.name)?.file.path ?? checkpoint.path,
      "tensor \(PrintableText.quoted(tensor.name)): \(reason)",
      hint: "what can be read: " + supported.joined(separator: ", "))
  }
}

/// What `config.json` says about the packing of the weights.
struct QuantizationSettings {
  /// The outermost objects that describe a quantisation; the second name is an older one of compressed-tensors.
  static let keys = ["quantization_config", "compression_config"]

  /// The method's name in lower case.
  let method: String
  private let root: JSONNode

  /// Reads a configuration; nil if it says nothing about quantisation.
  init?(_ configuration: JSONNode?) {
    guard let configuration, let root = Self.keys.lazy.compactMap({ configuration[$0] }).first(where: { !$0.isNull })
    else { return nil }
    self.root = root
    // Older configurations of compressed-tensors have a format and no method.
    method = (root["quant_method"]?.string ?? (root["format"] == nil ? "unnamed" : "compressed-tensors")).lowercased()
  }

  /// Reads the notes that a tool wrote for its own method.
  init(notes root: JSONNode, _ method: String) {
    self.root = root
    self.method = method
  }

  /// The method with its format, where it has several.
  var fullName: String { method + (text("format").map { " " + $0 } ?? "") }

  /// A text.
  func text(_ key: String) -> String? { root[key]?.string }
  /// A truth value.
  func flag(_ key: String) -> Bool? { root[key]?.bool }
  /// A whole number under the first of these keys that has one.
  func int(_ keys: String...) -> Int? { keys.lazy.compactMap { root[$0]?.int }.first }

  /// Rows and columns that share a scale, if the configuration states a block.
  var blockSize: (rows: Int, columns: Int)? {
    let groups = root["config_groups"]?.object ?? []
    let stated =
      root["weight_block_size"]?.array ?? groups.lazy.compactMap { $0.node["weights"]?["block_structure"]?.array }.first
    guard let numbers = stated?.compactMap(\.int), numbers.count == 2, numbers.allSatisfy({ $0 > 0 }) else {
      return nil
    }
    return (numbers[0], numbers[1])
  }
}
