internal import Tensors

/// The name of a layer's tensor, taken apart at its first number: `model.layers` · 12 · `mlp.up_proj.weight`.
package struct LayerName: Hashable {
  /// What comes before the number.
  package var stack: String
  /// The number.
  package var layer: Int
  /// What comes behind it.
  package var rest: String

  /// Takes a name apart; nil if no part of it, first and last excepted, is a number.
  package init?(_ name: String) {
    let bytes = Array(name.utf8)
    let dot = UInt8(ascii: ".")
    var start = 0
    while let first = bytes[start...].firstIndex(of: dot) {
      guard let second = bytes[(first + 1)...].firstIndex(of: dot) else { return nil }
      let digits = bytes[(first + 1)..<second]
      if first > 0, second + 1 < bytes.count, !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }),
        let layer = Int(String(decoding: digits, as: UTF8.self)), "\(layer)".utf8.count == digits.count
      {
        stack = String(decoding: bytes[..<first], as: UTF8.self)
        self.layer = layer
        rest = String(decoding: bytes[(second + 1)...], as: UTF8.self)
        return
      }
      start = first + 1
    }
    return nil
  }

  init(stack: String, layer: Int, rest: String) {
    self.stack = stack
    self.layer = layer
    self.rest = rest
  }

  /// The name in full.
  var text: String { "\(stack).\(layer).\(rest)" }
}

/// A model's tensors, sorted into layers and the rest.
struct ModelLayout {
  /// How many layers each stack has.
  private(set) var layerCounts: [String: Int] = [:]
  /// How many elements each stack has.
  private(set) var elementCounts: [String: Int] = [:]
  private var layers: [String: [Int: [String: TensorDescription]]] = [:]
  /// The tensors outside of any stack, in the order of the files.
  private(set) var loose: [TensorDescription] = []
  let header: ModelHeader

  init(_ header: ModelHeader) {
    self.header = header
    var named: [(name: LayerName, tensor: TensorDescription)] = []
    for tensor in header.index.tensors {
      guard let name = LayerName(tensor.name) else { continue }
      named.append((name, tensor))
      layerCounts[name.stack] = max(layerCounts[name.stack] ?? 0, name.layer &+ 1)
    }
    // A number too large to count layers is part of a name; this also bounds every loop over layers.
    let limit = header.index.tensors.count
    layerCounts = layerCounts.filter { $0.value > 0 && $0.value <= limit }
    for (name, tensor) in named where layerCounts[name.stack] != nil {
      layers[name.stack, default: [:]][name.layer, default: [:]][name.rest] = tensor
      elementCounts[name.stack, default: 0] += tensor.shape.elementCount
    }
    loose = header.index.tensors.filter { LayerName($0.name).map { layerCounts[$0.stack] == nil } ?? true }
  }

  /// The tensors of one layer, by the rest of their names.
  func layer(_ layer: Int, of stack: String) -> [String: TensorDescription] { layers[stack]?[layer] ?? [:] }

  /// All tensors of a stack.
  func tensors(of stack: String) -> [TensorDescription] { (layers[stack] ?? [:]).values.flatMap(\.values) }

  /// The stack that the models' layers are counted in: the one whose length the donor's configuration states, or else
  /// the one with the most elements.
  static func mainStack(of layouts: [ModelLayout], donor: Int) -> String? {
    var elements: [String: Int] = [:]
    for layout in layouts {
      for (stack, count) in layout.elementCounts { elements[stack, default: 0] += count }
    }
    // A tower that sees or hears may be as deep and larger, and is still not what the layers are counted in.
    func isTower(_ stack: String) -> Int { ModelModules.looks(stack) || ModelModules.listens(stack) ? 0 : 1 }
    let largest = elements.sorted { (isTower($0.key), $0.value, $1.key) > (isTower($1.key), $1.value, $0.key) }
      .map(\.key)
    // Where an encoder stands beside a decoder, configurations count the encoder's layers under the usual name.
    func isPart(_ stack: String, _ name: Substring) -> Bool { stack.split(separator: ".").contains(name) }
    if largest.contains(where: { isTower($0) == 1 && isPart($0, "encoder") }),
      let decoder = largest.first(where: { isTower($0) == 1 && isPart($0, "decoder") })
    {
      return decoder
    }
    let keys = ["num_hidden_layers", "n_layer", "num_layers", "n_layers"]
    guard let stated = layouts[donor].header.configured(keys) else { return largest.first }
    return largest.first { layouts[donor].layerCounts[$0] == stated } ?? largest.first
  }
}
