internal import Documents

extension SpecReader {
  /// Reads one output slice.
  mutating func readSlice(_ node: SyntaxNode) -> SliceSpec? {
    guard let entries = node.mapping else {
      error(
        at: node.usePosition, "a slice is a mapping with sources, not \(node.kind)",
        hint: "write `- sources:` with a list of models and layer ranges")
      return nil
    }
    checkKeys(entries, of: .slice)
    let fields = Fields(entries)
    let named = fields["merge_method"].flatMap { $0.value.isNull ? nil : $0 }
    let method = named.flatMap { readMethod($0) }
    let base = fields["base_model"].flatMap { $0.value.isNull ? nil : readReference($0.value, of: "base_model") }
    let parameters = readParameters(fields["parameters"]) + misplacedParameters(entries, at: .slice)
    guard let sources = fields["sources"] else {
      error(at: node.usePosition, "the slice has no sources", hint: "a source is a model with a layer_range")
      return nil
    }
    guard let elements = list(sources, of: "sources") else { return nil }
    let read = elements.compactMap { readSource($0, as: .source) }
    guard read.count == elements.count else { return nil }
    if let first = read.first?.layers {
      for source in read.dropFirst() {
        guard let layers = source.layers, layers.range.count != first.range.count else { continue }
        error(
          at: layers.position,
          "this range has \(Words.count(layers.range.count, "layer")), the first of the slice \(first.range.count)",
          hint: "all sources of a slice have equally many layers")
      }
    }
    // A method that could not be read has been reported; it is not missing as well.
    return SliceSpec(
      sources: read, method: method, methodPosition: named?.value.usePosition, baseModel: base,
      parameters: parameters, position: node.usePosition)
  }

  /// Reads a source of a slice, or an entry of `models:`.
  mutating func readSource(_ node: SyntaxNode, as level: SpecLevel) -> SourceSpec? {
    if let text = node.text, level == .model {
      error(
        at: node.usePosition, "an entry of `models:` is a mapping with a model, not \(node.kind)",
        hint: "write `- model: \(text)`")
      return nil
    }
    guard let entries = node.mapping else {
      error(at: node.usePosition, "\(level.place) is a mapping with a model, not \(node.kind)")
      return nil
    }
    checkKeys(entries, of: level)
    let fields = Fields(entries)
    let parameters = readParameters(fields["parameters"]) + misplacedParameters(entries, at: level)
    let layers = level == .source ? readLayers(fields["layer_range"], in: node) : nil
    guard let model = fields["model"] else {
      error(at: node.usePosition, "the model is missing", hint: "add `model:` with a path or org/name")
      return nil
    }
    guard let reference = readReference(model.value, of: "model"), level == .model || layers != nil else { return nil }
    return SourceSpec(model: reference, layers: layers, parameters: parameters, position: node.usePosition)
  }

  private mutating func readLayers(_ entry: SyntaxEntry?, in node: SyntaxNode) -> LayerRange? {
    guard let entry else {
      error(at: node.usePosition, "the source has no layer_range", hint: "add `layer_range: [0, 12]`: first, end")
      return nil
    }
    let position = entry.value.usePosition
    let bounds = entry.value.sequence?.map { $0.scalar?.int }
    guard let bounds, bounds.count == 2, let start = bounds[0], let end = bounds[1] else {
      error(
        at: position, "layer_range is a list of two whole numbers, the first layer and the one after the last",
        hint: "[0, 4] means the layers 0 to 3")
      return nil
    }
    guard start >= 0, end >= 0 else {
      error(at: position, "layer_range [\(start), \(end)] is negative", hint: "layers are counted from 0")
      return nil
    }
    guard start < end else {
      error(
        at: position, "layer_range [\(start), \(end)] is empty",
        hint: "the end is the layer after the last: [\(start), \(start + 1)] means layer \(start) alone")
      return nil
    }
    return LayerRange(range: start..<end, position: position)
  }
}
