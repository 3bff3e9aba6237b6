internal import MergeSpecs

/// Where a tensor stands in a model: its layer, and what it does there.
public struct TensorPlace: Hashable, Sendable {
  /// The stack of layers that the tensor belongs to, such as `model.layers`; nil outside of layers.
  public var stack: String?
  /// The number of the layer; nil outside of layers.
  public var layer: Int?
  /// What the tensor does, as the last part of its name says: `q_proj`, `embed_tokens`.
  public var role: String

  /// The layer.
  var position: ModelComparison.Layer { ModelComparison.Layer(stack: stack, number: layer) }

  /// The places of tensors.
  ///
  /// A role is the last part of the name that is neither a number nor `weight`. Where parts of different names end
  /// alike, as in `attn.c_proj` and `mlp.c_proj`, the role is all that follows the layer.
  static func places(of names: [String]) -> [TensorPlace] {
    let layers = names.map(LayerName.init)
    let parts = zip(names, layers).map { name, layer in
      (layer?.rest ?? name).split(separator: ".").map(String.init).filter { Int($0) == nil && $0 != "weight" }
    }
    var meanings: [String: Set<[String]>] = [:]
    for part in parts { meanings[shortRole(part), default: []].insert(part) }
    return zip(layers, parts).map { layer, part in
      let short = shortRole(part)
      let role = (meanings[short]?.count ?? 0) > 1 ? part.joined(separator: ".") : short
      return TensorPlace(stack: layer?.stack, layer: layer?.layer, role: role)
    }
  }

  private static func shortRole(_ parts: [String]) -> String {
    // A bias alone would not say of what.
    let count = parts.last == "bias" ? 2 : 1
    return parts.isEmpty ? "weight" : parts.suffix(count).joined(separator: ".")
  }
}
