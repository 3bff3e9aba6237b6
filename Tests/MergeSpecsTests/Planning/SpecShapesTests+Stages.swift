import BraidTesting
import Documents
import MergeSpecs
import Tensors
import Testing

/// The shapes that consist of several documents, and the models that all shapes are planned over.
extension SpecShapesTests {
  /// Specs of several documents.
  static let stagedShapes: [Shape] = [
    Shape(
      name: "stages-two",
      spec: """
        name: blend
        merge_method: slerp
        base_model: a
        models: [{model: a}, {model: b}]
        parameters: {t: 0.4}
        ---
        merge_method: ties
        base_model: a
        models:
          - {model: blend, parameters: {weight: 0.6, density: 0.5}}
          - {model: c, parameters: {weight: 0.4, density: 0.5}}
        dtype: bfloat16
        """),
    Shape(
      name: "stages-in-any-order",
      spec: """
        # The final merge stands first.
        merge_method: linear
        models:
          - {model: deep, parameters: {weight: 1}}
          - {model: other, parameters: {weight: [0, 1]}}
        ---
        name: other
        merge_method: dare_ties
        base_model: a
        seed: 11
        models: [{model: d, parameters: {weight: 1, density: 0.3}}]
        ---
        name: deep
        merge_method: passthrough
        slices:
          - sources: [{model: flat, layer_range: [0, 3]}]
          - sources: [{model: b, layer_range: [3, 4]}]
        ---
        name: flat
        merge_method: model_stock
        base_model: a
        models: [{model: b}, {model: c}]
        """),
    Shape(
      name: "stages-with-adapters",
      spec: """
        name: tuned
        merge_method: linear
        models:
          - {model: a+lora-1, parameters: {weight: 0.5}}
          - {model: a+lora-2, parameters: {weight: 0.5}}
        ---
        name: stacked
        merge_method: passthrough
        slices:
          - sources: [{model: tuned, layer_range: [0, 2]}]
          - sources: [{model: tuned+lora-3, layer_range: [2, 4]}]
        ---
        merge_method: nuslerp
        models:
          - {model: stacked, parameters: {weight: 0.8}}
          - {model: a, parameters: {weight: 0.2}}
        tokenizer_source: base
        base_model: b
        """),
  ]

  /// A model for every reference of a spec that is not one of its stages.
  static func models(of shape: Shape) throws -> [String: ModelHeader] {
    let model = try SpecTesting.tiny(layers: shape.layers)
    var models = ["a": model, "b": model, "c": model, "d": model]
    let stages = StagedSpec.parse(shape.spec, file: "f").spec?.stages ?? []
    let names = stages.compactMap(\.name?.text)
    for reference in stages.flatMap(\.references) where !names.contains(reference.text) {
      models[reference.text] = models[reference.text] ?? model
    }
    // A stage with an adapter has the stage's layers.
    return models
  }
}
