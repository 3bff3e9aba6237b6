internal import Tensors

/// Finds out which part of a model a tensor is, for any architecture, from names and shapes.
struct RoleInference {
  /// The stack whose layers are counted.
  let mainStack: String?
  private let vocabulary: Int?
  /// The sizes that single models state for theirs.
  private let stated: Set<Int>
  private let hasLayers: Bool

  /// Looks at all models together.
  init(layouts: [ModelLayout], mainStack: String?) {
    self.mainStack = mainStack
    hasLayers = mainStack != nil
    let matrices = layouts.flatMap(\.loose).filter { $0.shape.dimensions.count == 2 }
    let extents = matrices.filter { Self.soundsLikeVocabulary($0.name) }.compactMap(\.shape.dimensions.first)
    let sizes = layouts.compactMap { $0.header.configured(["vocab_size"]) }
    stated = Set(sizes.filter(extents.contains))
    // Checkpoints pad the vocabulary, so the largest extent counts where none is as configured.
    vocabulary = sizes.max().flatMap { extents.contains($0) ? $0 : nil } ?? extents.max() ?? sizes.max()
  }

  /// The role of a tensor that belongs to no layer of the main stack.
  func role(of tensor: TensorDescription) -> TensorRole {
    let parts = tensor.name.split(separator: ".").map { $0.lowercased() }
    let extents = tensor.shape.dimensions
    let named = parts.last.map { ["weight", "bias"].contains($0) } ?? false ? parts.dropLast().last : parts.last
    if let vocabulary, let first = extents.first, extents.count <= 2,
      first == vocabulary || stated.contains(first) || isLarge(first)
    {
      if let named, Self.isHead(named) { return .head }
      if extents.count == 2, Self.soundsLikeVocabulary(tensor.name) { return .embedding }
    }
    if hasLayers, extents.count == 1, !parts.contains(where: { $0.contains("embed") }),
      parts.contains(where: { $0.contains("norm") || $0.hasPrefix("ln_") })
    {
      return .finalNorm
    }
    return .other
  }

  /// Whether an extent could be another model's vocabulary: within an eighth of this one's.
  private func isLarge(_ extent: Int) -> Bool {
    guard let vocabulary else { return false }
    return extent >= vocabulary - vocabulary / 8 && extent <= vocabulary + vocabulary / 8
  }

  private static func isHead(_ part: String) -> Bool {
    part.hasSuffix("head") || ["embed_out", "output", "output_layer", "decoder", "unembed"].contains(part)
  }

  private static func soundsLikeVocabulary(_ name: String) -> Bool {
    let parts = name.lowercased().split(separator: ".")
    return parts.contains { part in
      isHead(String(part)) || part.contains("emb") || part.contains("wte") || part.hasPrefix("tok") || part == "shared"
    }
  }
}

/// Tensors that are no weights: tables and masks that some checkpoints store and programs compute anew.
enum Buffers {
  /// Whether a tensor is such a table or mask.
  static func contains(_ tensor: TensorDescription) -> Bool {
    let parts = tensor.name.split(separator: ".")
    switch parts.last {
    case "inv_freq", "masked_bias", "position_ids", "token_type_ids": return true
    case "bias":
      // The causal masks of GPT-2 and GPT-NeoX; a bias of attention has one extent.
      return tensor.shape.dimensions.count >= 3 && (parts.dropLast().last?.hasPrefix("att") ?? false)
    default: return false
    }
  }
}
