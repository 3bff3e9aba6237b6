import MergeSpecs
import Tensors
import Testing

/// Filters that are regular expressions, and dtypes that depend on the tensor.
@Suite struct FilterTests {
  private func spec(_ filter: String) -> String {
    """
    merge_method: slerp
    base_model: a
    models: [{model: a}, {model: b}]
    parameters:
      t: [{filter: '\(filter)', value: 1}, {value: 0}]
    """
  }

  @Test(arguments: [
    (#"/layers\.[01]\./"#, ["input_layernorm", "mlp.up_proj", "self_attn.q_proj"]),
    ("/(q|up)_proj/", ["mlp.up_proj", "self_attn.q_proj"]),
    ("/^model.*norm.weight$/", ["input_layernorm"]), ("/LAYERNORM/", []), ("/(?i)LAYERNORM/", ["input_layernorm"]),
    ("layers.0", ["input_layernorm", "mlp.up_proj", "self_attn.q_proj"]), ("/", []),
  ])
  func `a filter between slashes is a regular expression`(filter: String, matched: [String]) throws {
    let plan = try SpecTesting.plan(spec(filter))
    let found = ["input_layernorm", "mlp.up_proj", "self_attn.q_proj"].filter {
      plan.parameter("t", of: "model.layers.0.\($0).weight") == 1
    }
    #expect(found == matched)
  }

  @Test func `an expression that matches nothing is pointed out, one that cannot be read is an error`() throws {
    #expect(
      try SpecTesting.messages(spec("/self_atn/")) == [
        "spec.yml:5:16: warning: the filter \"/self_atn/\" of t matches no tensor"
      ])
    #expect(
      try SpecTesting.messages(spec("/mlp(/")).map { $0.split(separator: "\n")[0] } == [
        "spec.yml:5:16: error: /mlp(/ is not a regular expression: missing closing parenthesis, at character 5"
      ])
    let long = "/" + String(repeating: "a", count: 1001) + "/"
    #expect(try SpecTesting.messages(spec(long)).first?.contains("it is longer than 1000 bytes") == true)
  }

  @Test func `an expression that backtracks without end is refused, soon`() throws {
    let name = String(repeating: "a", count: 60)
    let extra = (0..<2000).map { TensorDescription(name: "\(name).x\($0)", dtype: .float32, shape: [1]) }
    let model = try SpecTesting.tiny(extra: extra)
    let start = ContinuousClock.now
    let messages = try SpecTesting.messages(spec("/^(a+)+$/"), models: ["a": model, "b": model])
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(
      messages.contains {
        $0.hasPrefix("spec.yml:5:16: error: the pattern /^(a+)+$/ of t takes too long to look for in a tensor's name")
      })
  }

  @Test func `the dtype may depend on the tensor`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: linear
      models: [{model: a}, {model: b}]
      parameters: {weight: 1}
      dtype: [{filter: norm, value: float32}, {filter: /^lm_head/, value: float16}]
      out_dtype:
        - {filter: self_attn, value: torch.float64}
      """)
    #expect(plan.step("model.norm.weight")?.output.dtype == .float32)
    #expect(plan.step("model.layers.1.input_layernorm.weight")?.output.dtype == .float32)
    #expect(plan.step("lm_head.weight")?.output.dtype == .float16)
    #expect(plan.step("model.layers.0.self_attn.q_proj.weight")?.output.dtype == .float64)
    // Where no case matches, the models' dtype stays, and it is the one that the configuration states.
    #expect(plan.step("model.embed_tokens.weight")?.output.dtype == .bfloat16)
    #expect(plan.configurationDType == nil)
  }

  @Test func `the last case without a filter is the default, and one mapping is a list of one`() throws {
    let text = """
      merge_method: passthrough
      models: [{model: a}]
      dtype:
        - {filter: norm, value: float32}
        - value: float16
      """
    let plan = try SpecTesting.plan(text)
    #expect(plan.step("model.norm.weight")?.output.dtype == .float32)
    #expect(plan.step("lm_head.weight")?.output.dtype == .float16)
    #expect(plan.configurationDType == .float16)
    let single = "merge_method: passthrough\nmodels: [{model: a}]\ndtype: {filter: norm, value: float32}\n"
    #expect(try SpecTesting.plan(single).step("lm_head.weight")?.output.dtype == .bfloat16)
  }
}
