import BraidTesting
import Documents
import MergeMethods
import MergeSpecs
import Testing

/// The wording of what can be wrong with methods of slices, modules, cases of dtypes, patterns and `allow_mismatch`.
@Suite struct ExtensionDiagnosticsTests {
  static let cases: [SpecDiagnosticsTests.Case] = [
    .init(
      title: "a slice without a method",
      spec: """
        slices:
          - merge_method: passthrough
            sources: [{model: a, layer_range: [0, 1]}]
          - sources: [{model: a, layer_range: [1, 2]}]
        """),
    .init(
      title: "no method anywhere",
      spec: "slices:\n  - sources: [{model: a, layer_range: [0, 1]}]\n"),
    .init(
      title: "an unknown method of a slice",
      spec: """
        merge_method: passthrough
        slices:
          - merge_method: pasthrough
            sources: [{model: a, layer_range: [0, 1]}]
        """),
    .init(
      title: "methods that need a base, a parameter and another number of models",
      spec: """
        slices:
          - merge_method: ties
            sources: [{model: a, layer_range: [0, 1], parameters: {weight: 1}}]
          - merge_method: slerp
            base_model: a
            sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
          - merge_method: passthrough
            sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
        """),
    .init(
      title: "parameters that no method of the slices has",
      spec: """
        parameters: {t: 0.5, density: 0.5, wieght: 1, weight: 1}
        base_model: a
        slices:
          - merge_method: linear
            parameters: {t: 1}
            sources: [{model: a, layer_range: [0, 1]}]
          - merge_method: slerp
            parameters: {weight: 1}
            sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
        """),
    .init(
      title: "a seed that nothing draws from",
      spec: """
        seed: 1
        parameters: {weight: 1}
        slices:
          - merge_method: linear
            sources: [{model: a, layer_range: [0, 1]}]
          - merge_method: passthrough
            sources: [{model: a, layer_range: [0, 1]}]
        """),
    .init(title: "models and modules", spec: "merge_method: linear\nmodels: [{model: a}]\nmodules: {x: 1}\n"),
    .init(title: "modules that are a list", spec: "merge_method: linear\nmodules:\n  - text_decoder\n"),
    .init(title: "modules without entries", spec: "merge_method: linear\nmodules: {}\n"),
    .init(
      title: "modules that are no mappings, or have nothing or too much to merge",
      spec: """
        merge_method: passthrough
        modules:
          one: a
          two: {parameters: {scale: 1}}
          three:
            models: [{model: a}]
            slices: [{sources: [{model: a, layer_range: [0, 1]}]}]
          four:
            sources: []
            layer_range: [0, 1]
            weight: 1
            models: [{model: a}]
        """),
    .init(
      title: "a module that the models do not have, and one named twice",
      spec: """
        merge_method: passthrough
        modules:
          text_decodr: {models: [{model: a}]}
          text_decoder: {models: [{model: a}]}
          default: {models: [{model: a}]}
        """),
    .init(
      title: "dtypes by case",
      spec: """
        merge_method: passthrough
        models: [{model: a}]
        dtype:
          - {filter: nrom, value: float32}
          - {filter: mlp, value: bf16}
          - {filter: mlp}
          - float16
          - {value: float16}
          - {filter: mlp, value: float32}
        out_dtype: []
        """),
    .init(
      title: "dtypes whose filters match nothing",
      spec: """
        merge_method: passthrough
        models: [{model: a}]
        dtype: [{filter: nrom, value: float32}, {filter: /x$/, value: float16}]
        """),
    .init(
      title: "patterns",
      spec: """
        merge_method: slerp
        base_model: a
        models: [{model: a}, {model: b}]
        parameters:
          t:
            - {filter: '/layers\\.(0|1/', value: 0.1}
            - {filter: '/[z-a]/', value: 0.1}
            - {filter: '/*/', value: 0.1}
            - {value: 0.5}
        """),
    .init(
      title: "an unknown rule for mismatches",
      spec: "merge_method: passthrough\nmodels: [{model: a}]\nallow_mismatch: copy_base\n"),
    .init(
      title: "a rule for mismatches that is none",
      spec: "merge_method: passthrough\nmodels: [{model: a}]\nallow_mismatch: true\n"),
    .init(
      title: "a rule for mismatches in a slice",
      spec: """
        merge_method: passthrough
        slices:
          - allow_mismatch: skip
            modules: {}
            sources: [{model: a, layer_range: [0, 1]}]
        """),
  ]

  @Test func `every mistake is named with its place and what to do`() throws {
    let names = ["dare_ties", "linear", "passthrough", "slerp", "task_arithmetic", "ties"]
    let methods = Catalog.methods.filter { names.contains($0.name) }
    var text = ""
    for example in Self.cases {
      text += "# \(example.title)\n"
      var (spec, diagnostics) = MergeSpec.parse(example.spec, file: "spec.yml", methods: methods)
      if let spec { diagnostics += Planner.plan(spec, models: try SpecTesting.tinyModels()).diagnostics }
      text += Diagnostic.sorted(diagnostics).map { $0.rendered(text: example.spec) + "\n" }.joined() + "\n"
      #expect(!diagnostics.isEmpty, "\(example.title)")
    }
    try Golden.expect(text, at: "extensions.txt")
  }
}
