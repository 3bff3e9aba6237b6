import BraidTesting
import Documents
import MergeMethods
import MergeSpecs
import Testing

/// The wording of everything that can be wrong with a spec, over the tiny models a, b, c and d.
@Suite struct SpecDiagnosticsTests {
  /// A spec and what is wrong with it; what is said about it stands in the golden file.
  struct Case {
    var title: String
    var spec: String
  }

  static let cases: [Case] = [
    Case(title: "an empty text", spec: ""),
    Case(title: "comments only", spec: "# nothing\n"),
    Case(title: "a list", spec: "- a\n"),
    Case(title: "no models", spec: "merge_method: linear\n"),
    Case(title: "no method", spec: "models:\n  - model: a\n"),
    Case(title: "an unknown method", spec: "merge_method: tiess\nmodels:\n  - model: a\n"),
    Case(title: "a method of mergekit's", spec: "merge_method: arcee_fusion\nmodels:\n  - model: a\n"),
    Case(title: "an unknown key", spec: "merge_method: passthrough\nmodels:\n  - model: a\ndytpe: float32\n"),
    Case(
      title: "a key from nowhere", spec: "merge_method: passthrough\nmodels:\n  - model: a\nfoo: 1\n"),
    Case(
      title: "a parameter beside the model", spec: "merge_method: linear\nmodels:\n  - model: a\n    weight: 1\n"),
    Case(
      title: "a layer range under models",
      spec: "merge_method: passthrough\nmodels:\n  - model: a\n    layer_range: [0, 1]\n"),
    Case(
      title: "keys of later issues",
      spec: """
        merge_method: passthrough
        models:
          - model: a
        name: x
        """),
    Case(
      title: "an obsolete key",
      spec: """
        merge_method: passthrough
        slices:
          - sources:
              - {model: a, layer_range: [0, 2]}
            residual_weight: 0.5
        """),
    Case(title: "models and slices", spec: "merge_method: linear\nmodels: [{model: a}]\nslices: []\n"),
    Case(title: "models that are a mapping", spec: "merge_method: linear\nmodels: {model: a}\n"),
    Case(title: "models that are words", spec: "merge_method: linear\nmodels: [a, b]\n"),
    Case(title: "a source without a model", spec: "merge_method: linear\nmodels:\n  - parameters: {weight: 1}\n"),
    Case(
      title: "dtypes", spec: "merge_method: passthrough\nmodels: [{model: a}]\ndtype: bf16\nout_dtype: int64\n"),
    Case(
      title: "malformed references",
      spec: """
        merge_method: linear
        models:
          - {model: "a+b+c", parameters: {weight: 1}}
          - {model: "a@b@c+d", parameters: {weight: 1}}
          - {model: "+lora", parameters: {weight: 1}}
          - {model: "a+", parameters: {weight: 1}}
          - {model: "a@", parameters: {weight: 1}}
          - {model: "@main", parameters: {weight: 1}}
          - {model: "a + b", parameters: {weight: 1}}
          - {model: "a++b", parameters: {weight: 1}}
          - {model: "+", parameters: {weight: 1}}
          - {model: "a+b@", parameters: {weight: 1}}
        """),
    Case(
      title: "malformed mappings of references",
      spec: """
        merge_method: linear
        models:
          - {model: {}, parameters: {weight: 1}}
          - {model: {model: a, path: b}, parameters: {weight: 1}}
          - {model: {lora: b}, parameters: {weight: 1}}
          - {model: {model: a, lora: [b]}, parameters: {weight: 1}}
          - {model: {model: a, adapter: b}, parameters: {weight: 1}}
          - {model: {model: {path: a, revison: b}}, parameters: {weight: 1}}
          - {model: {model: a@b@c}, parameters: {weight: 1}}
          - {model: {path: a, revision: []}, parameters: {weight: 1}}
          - {model: {model: a, override_architecture: {}}, parameters: {weight: 1}}
          - {model: {model: {path: []}}, parameters: {weight: 1}}
        """),
    Case(
      title: "ranges that are none",
      spec: """
        merge_method: passthrough
        slices:
          - sources: [{model: a, layer_range: [1, 1]}]
          - sources: [{model: a, layer_range: [-1, 1]}]
          - sources: [{model: a, layer_range: 2}]
          - sources: [{model: a}]
          - sources: []
          - {model: a, layer_range: [0, 1]}
        """),
    Case(
      title: "a range beyond the model",
      spec: "merge_method: passthrough\nslices:\n  - sources:\n      - {model: a, layer_range: [0, 3]}\n"),
    Case(
      title: "ranges of different lengths",
      spec: """
        merge_method: linear
        parameters: {weight: 1}
        slices:
          - sources:
              - {model: a, layer_range: [0, 2]}
              - {model: b, layer_range: [1, 2]}
        """),
    Case(
      title: "missing parameters",
      spec: "merge_method: linear\nmodels:\n  - model: a\n    parameters: {weight: 1}\n  - model: b\n"),
    Case(
      title: "a missing global parameter",
      spec: "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\n"),
    Case(
      title: "a base that becomes an input",
      spec: "merge_method: linear\nbase_model: b\nmodels:\n  - model: a\n    parameters: {weight: 1}\n"),
    Case(title: "passthrough with a base", spec: "merge_method: passthrough\nbase_model: b\nmodels:\n  - model: a\n"),
    Case(title: "no base", spec: "merge_method: ties\nmodels:\n  - model: a\n    parameters: {weight: 1}\n"),
    Case(
      title: "no base among the sources of a slice",
      spec: """
        merge_method: ties
        base_model: b
        parameters: {weight: 1}
        slices:
          - sources:
              - {model: a, layer_range: [0, 2]}
        """),
    Case(
      title: "too many models",
      spec: "merge_method: slerp\nbase_model: c\nparameters: {t: 0.5}\nmodels: [{model: a}, {model: b}]\n"),
    Case(
      title: "values out of range",
      spec: """
        merge_method: ties
        base_model: a
        models:
          - model: b
            parameters: {weight: heavy, density: 1.5}
        parameters:
          normalize: 2
          lambda: [1, .inf]
          int8_mask: [0, 1]
        """),
    Case(
      title: "parameters in the wrong place",
      spec: """
        merge_method: ties
        base_model: a
        models:
          - model: b
            parameters: {weight: 1, lambda: 2, t: 0.5, wieght: 1}
          - model: a
            parameters: {weight: 1}
        parameters:
          - density: 1
        """),
    Case(
      title: "filters",
      spec: """
        merge_method: slerp
        base_model: a
        models: [{model: a}, {model: b}]
        parameters:
          t:
            - {filter: self_atn, value: 0.1}
            - {filter: "*.mlp", value: [0, 1]}
            - {value: 0.5}
            - {filter: mlp, value: 0.2}
        """),
    Case(
      title: "filters that leave tensors without a value",
      spec: """
        merge_method: slerp
        base_model: a
        models: [{model: a}, {model: b}]
        parameters:
          t: [{filter: mlp, value: 0.1}]
        """),
    Case(
      title: "malformed values",
      spec: """
        merge_method: slerp
        base_model: a
        models: [{model: a}, {model: b}]
        parameters:
          t:
            - 0.5
            - {filter: mlp}
            - {filter: [mlp, attn], value: 1, vaule: 2}
            - {value: []}
        """),
    Case(
      title: "an anchor holder that looks like a key",
      spec: "merge_method: linear\nparamters: &p {weight: 1}\nmodels:\n  - {model: a, parameters: *p}\n"),
    Case(
      title: "weights that cancel",
      spec: """
        merge_method: linear
        models:
          - {model: a, parameters: {weight: 1}}
          - {model: b, parameters: {weight: -1}}
        """),
    Case(title: "a stage without a method", spec: "merge_method: passthrough\nmodels: [{model: a}]\n---\nname: x\n"),
  ]

  @Test func `every mistake is named with its place and what to do`() throws {
    // A fixed choice of methods, so that new ones do not change the lists of names.
    let names = ["linear", "passthrough", "slerp", "task_arithmetic", "ties"]
    let methods = Catalog.methods.filter { names.contains($0.name) }
    var text = ""
    for example in Self.cases {
      text += "# \(example.title)\n"
      var (spec, diagnostics) = MergeSpec.parse(example.spec, file: "spec.yml", methods: methods)
      if let spec { diagnostics += Planner.plan(spec, models: try SpecTesting.tinyModels()).diagnostics }
      text += Diagnostic.sorted(diagnostics).map { $0.rendered(text: example.spec) + "\n" }.joined() + "\n"
    }
    try Golden.expect(text, at: "diagnostics.txt")
  }

  @Test func `a spec with five mistakes gets five diagnostics`() throws {
    let messages = try SpecTesting.messages(
      """
      merge_method: ties
      base_modle: a
      base_model: a
      dtype: bf16
      models:
        - model: b
          weight: 0.5
        - model: c
          parameters: {weight: 0.5, density: 40}
        - model: d
          parameters: {wieght: 0.5}
      """)
    #expect(
      messages.map { $0.split(separator: " ")[0] } == [
        "spec.yml:2:1:", "spec.yml:4:8:", "spec.yml:7:5:", "spec.yml:9:40:", "spec.yml:11:18:",
      ])
  }

  @Test func `lenient makes keys that mean nothing warnings, and nothing else`() throws {
    let text = """
      merge_method: linear
      merge_metod: x
      dtype: float32
      dtype: bfloat16
      models:
        - model: a
          wieght: 2
          parameters: {weight: 1, foo: 1, t: 3}
        - model: b
          layer_range: [0, 1]
          parameters: {weight: 1}
      """
    let strict = try SpecTesting.messages(text).filter { $0.contains(": error: ") }
    #expect(strict.count == 5)
    let lenient = try SpecTesting.messages(text, lenient: true)
    #expect(lenient.count == 6)
    #expect(lenient.allSatisfy { $0.contains(": warning: ") })
    let unsupported = "merge_method: passthrough\nmodels: [{model: a}]\nmodules: {}\ndtype: bf16\n"
    #expect(try SpecTesting.messages(unsupported, lenient: true).filter { $0.contains(": error: ") }.count == 2)
  }

  @Test func `a required parameter that lenient reading drops is still missed`() throws {
    let text = "merge_method: linear\nmodels:\n  - model: a\n    weight: 1\n"
    let messages = try SpecTesting.messages(text, lenient: true)
    #expect(messages.contains { $0.contains("error: linear needs a weight for a") })
    let (spec, _) = MergeSpec.parse(text, file: "spec.yml", lenient: true)
    #expect(Planner.plan(try #require(spec), models: try SpecTesting.tinyModels()).plan == nil)
  }

  @Test func `a tokenizer that the output has anyway may be asked for`() throws {
    for wish in ["tokenizer_source: base", "tokenizer_source: a", "tokenizer: {source: base}", "tokenizer_source:"] {
      let text = "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {t: 1}\n\(wish)\n"
      #expect(try SpecTesting.messages(text) == [], "\(wish)")
    }
  }

  @Test func `text for aliases may stand under any name`() throws {
    let text = """
      const: &w {weight: 1}
      _x: 1
      x-y: 2
      merge_method: linear
      models:
        - {model: a, parameters: *w}
        - {model: b, parameters: {<<: *w}}
      """
    #expect(try SpecTesting.messages(text) == [])
    #expect(try SpecTesting.messages("const: &w 1\nmerge_method: passthrough\nmodels: [{model: a}]\n").count == 1)
  }

  @Test func `references come once each, in the order of the text`() throws {
    let text = """
      merge_method: linear
      models:
        - {model: {path: "c+d"}, parameters: {weight: 1}}
        - {model: {model: {path: a}}, parameters: {weight: 1}}
        - {model: "c+d", parameters: {weight: 1}}
      base_model: a
      """
    let references = MergeSpec.parse(text.replacing("model: \"c+d\"", with: "model: {path: \"c+d\"}"), file: "f").spec?
      .references
    #expect(references?.map(\.text) == [#"{model: {path: "c+d"}}"#, "a"])
    #expect(references?.map(\.position) == [SourcePosition(line: 3, column: 20), SourcePosition(line: 4, column: 28)])
  }
}
