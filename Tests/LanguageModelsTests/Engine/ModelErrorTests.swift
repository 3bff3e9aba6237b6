import BraidTesting
import Checkpoints
import LanguageModels
import Tensors
import Testing

/// Models that cannot be loaded or computed say why.
struct ModelErrorTests {
  private static let folder = "architectures/llama/default"

  /// Loads the tiny model with its configuration or its weights changed.
  private func load(
    replacing old: String = "", with new: String = "", weights: (any TensorSource)? = nil, tokenizer: String? = nil
  ) throws -> LanguageModel {
    let checkpoint = try Checkpoint.open(Fixture.path(Self.folder))
    var configuration = try Files.text(Fixture.path(Self.folder + "/config.json"))
    if !old.isEmpty {
      try #require(configuration.contains(old))
      configuration = configuration.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
    return try LanguageModel(
      name: "m", weights: weights ?? checkpoint, configuration: Array(configuration.utf8),
      tokenizer: try tokenizer.map { Array($0.utf8) } ?? Files.bytes(Fixture.path("families/a/base/tokenizer.json")),
      threads: 2)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func `an unknown architecture is named with the known ones`() {
    let text = message { _ = try load(replacing: "LlamaForCausalLM", with: "LlamaForCausalML") }
    #expect(
      text == """
        m/config.json:3:5: error: architectures[0]: unknown architecture "LlamaForCausalML"; did you mean LlamaForCausalLM?
              "LlamaForCausalML"
              ^
          known: GPT2LMHeadModel, GPTNeoXForCausalLM, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3ForConditionalGeneration, \
        GemmaForCausalLM, LlamaForCausalLM, MistralForCausalLM, MixtralForCausalLM, Olmo2ForCausalLM, Phi3ForCausalLM, \
        Qwen2ForCausalLM, Qwen3ForCausalLM, Qwen3MoeForCausalLM
        """)
  }

  @Test(arguments: [
    ("\"hidden_size\": 32", "\"hidden_size\": \"32\"", "hidden_size: expected a whole number, found a string"),
    ("\"hidden_size\": 32", "\"hidden_size\": 0", "hidden_size: 0 is out of range; expected 1 to 16777216"),
    ("\"hidden_size\": 32", "\"hidden_size\": 1e9", "hidden_size: expected a whole number, found 1e9"),
    ("\"hidden_size\": 32,", "", "the key \"hidden_size\" is missing"),
    (
      "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "3 key heads cannot be shared evenly by 4 query heads"
    ),
    ("\"hidden_act\": \"silu\"", "\"hidden_act\": \"selu\"", "the activation \"selu\" is not supported"),
    (
      "\"rope_type\": \"default\"", "\"rope_type\": \"lama3\"", "unknown rotary scaling \"lama3\"; did you mean llama3?"
    ),
    ("\"rope_type\": \"default\"", "\"rope_type\": \"linear\"", "rope_parameters: the key \"factor\" is missing"),
    ("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": -1", "rms_norm_eps: expected a number above zero, found -1"),
    ("\"head_dim\": 8", "\"head_dim\": 7", "head_dim: expected an even number, found 7"),
    ("\"vocab_size\": 97", "\"vocab_size\": [97]", "vocab_size: expected a whole number, found an array"),
    ("\"architectures\": [", "\"architectures\" [", "expected ':' after the key \"architectures\""),
  ])
  func `a broken configuration is refused with the key`(old: String, new: String, expected: String) {
    let text = message { _ = try load(replacing: old, with: new) }
    #expect(text.contains(expected), "\(text)")
    #expect(text.hasPrefix("m/config.json:"))
  }

  @Test func `a tensor of the wrong shape is named with both shapes`() {
    let text = message { _ = try load(replacing: "\"intermediate_size\": 40", with: "\"intermediate_size\": 48") }
    #expect(
      text == "m: the tensor model.layers.0.mlp.gate_proj.weight has shape [40, 32], the configuration wants [48, 32]")
  }

  @Test func `a missing tensor is named`() {
    let text = message { _ = try load(replacing: "\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 3") }
    #expect(text == "m: the tensor model.layers.2.self_attn.q_proj.weight of shape [32, 32] is missing")
    let more = message { _ = try load(replacing: "\"attention_bias\": false", with: "\"attention_bias\": true") }
    #expect(more == "m: the tensor model.layers.0.self_attn.q_proj.bias of shape [32] is missing")
  }

  @Test func `tensors without a use are listed`() throws {
    let model = try load(replacing: "\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 1")
    #expect(model.unusedTensors.count == 9)
    #expect(model.unusedTensors.allSatisfy { $0.hasPrefix("model.layers.1.") })
  }

  @Test(arguments: [
    ("model.layers.1.self_attn.q_proj.weight", "the input of model.layers.1.post_attention_layernorm"),
    ("model.layers.0.mlp.down_proj.weight", "the input of model.layers.1.input_layernorm"),
    ("model.layers.1.post_attention_layernorm.weight", "the input of model.norm"),
    ("model.norm.weight", "the logits"), ("lm_head.weight", "the logits"),
  ])
  func `a weight that is not a number fails the model by name`(tensor: String, place: String) throws {
    let checkpoint = try Checkpoint.open(Fixture.path(Self.folder))
    for value in [Float.nan, .infinity] {
      let model = try load(weights: PoisonedSource(base: checkpoint, tensor: tensor, value: value))
      let score = message { _ = try model.score([ScoringRequest(context: [1, 2, 3], continuations: [[4]])]) { _ in } }
      #expect(score.hasPrefix("m: ") && score.hasSuffix(" is not finite (NaN or infinite) for prompt 1"), "\(score)")
      if value.isNaN { #expect(score.contains(place), "\(score)") }
      let generated = message {
        _ = try model.generate([GenerationRequest(prompt: [1, 2], maximumNewTokens: 2)]) { _ in }
      }
      #expect(generated.contains("not finite"))
    }
  }

  @Test func `requests that cannot be computed are refused`() throws {
    let model = try load()
    #expect(
      message { _ = try model.score([ScoringRequest(context: [1], continuations: [[97]])]) { _ in } }
        == "m: prompt 1 has the token 97, but the vocabulary has 97")
    #expect(
      message { _ = try model.generate([GenerationRequest(prompt: [-1], maximumNewTokens: 1)]) { _ in } }
        == "m: prompt 1 has the token -1, but the vocabulary has 97")
    #expect(
      message { _ = try model.score([ScoringRequest(context: [], continuations: [[1]])]) { _ in } }
        == "m: prompt 1 has an empty context")
    #expect(
      message { _ = try model.generate([GenerationRequest(prompt: [], maximumNewTokens: 1)]) { _ in } }
        == "m: prompt 1 is empty")
  }
}

/// A source in which one element is something else.
private struct PoisonedSource: TensorSource {
  var base: Checkpoint
  var tensor: String
  var value: Float

  var index: TensorIndex { base.index }

  func read(_ name: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    try base.read(name, elements: range, into: destination)
    // The fixtures are float32.
    if name == tensor, range.contains(5) {
      destination.storeBytes(
        of: value.bitPattern.littleEndian, toByteOffset: (5 - range.lowerBound) * 4, as: UInt32.self)
    }
  }
}
