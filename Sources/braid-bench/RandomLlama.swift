import Kernels
import Tensors

/// A Llama with random bfloat16 weights, made up while it is read: the same numbers for the same seed, always.
///
/// A fine-tune is its base plus small differences, so that merges have realistic task vectors to work on: after
/// rounding to bfloat16 many of them are equal and some are zero.
struct RandomLlama: TensorSource {
  struct Size {
    var hidden: Int
    var intermediate: Int
    var layers: Int
    var heads: Int
    var keyValueHeads: Int
    var vocabulary: Int

    /// 1.1 billion parameters, the shape of TinyLlama.
    static let billion = Size(
      hidden: 2048, intermediate: 5632, layers: 22, heads: 32, keyValueHeads: 4, vocabulary: 32000)
    /// 300 million parameters: the same with four layers.
    static let threeHundredMillion = Size(
      hidden: 2048, intermediate: 5632, layers: 4, heads: 32, keyValueHeads: 4, vocabulary: 32000)
    /// 100 million parameters.
    static let hundredMillion = Size(
      hidden: 768, intermediate: 2048, layers: 10, heads: 12, keyValueHeads: 12, vocabulary: 16000)
  }

  let size: Size
  /// 0 is the base, others are fine-tunes of it.
  let variant: Int
  let index: TensorIndex

  init(_ size: Size, variant: Int = 0) {
    self.size = size
    self.variant = variant
    index = TensorIndex(Self.tensors(size))
  }

  /// The configuration that goes with the weights.
  var configuration: String {
    """
    {
      "architectures": ["LlamaForCausalLM"],
      "model_type": "llama",
      "hidden_size": \(size.hidden),
      "intermediate_size": \(size.intermediate),
      "num_hidden_layers": \(size.layers),
      "num_attention_heads": \(size.heads),
      "num_key_value_heads": \(size.keyValueHeads),
      "vocab_size": \(size.vocabulary),
      "max_position_embeddings": 2048,
      "rms_norm_eps": 1e-05,
      "rope_theta": 10000.0,
      "hidden_act": "silu",
      "tie_word_embeddings": false,
      "bos_token_id": 1,
      "eos_token_id": 2,
      "torch_dtype": "bfloat16"
    }

    """
  }

  func read(_ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    _ = try checkRequest(tensor, elements: range, into: destination)
    fill(tensor, elements: range, into: destination)
  }

  /// Makes up elements of a tensor of any name.
  func fill(_ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) {
    guard let base = destination.baseAddress else { return }
    let isNorm = tensor.hasSuffix("norm.weight")
    let stream = tensor.utf8.reduce(UInt64(1_469_598_103_934_665_603)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    let other = stream ^ UInt64(variant) &* 0x9e37_79b9_7f4a_7c15
    // Standard deviations of a trained model and of a light fine-tune.
    let scale: Float = 0.02 / 37_837
    let step: Float = 0.001 / 37_837
    var values = [Float](repeating: 0, count: range.count)
    for (place, element) in range.enumerated() {
      var value = Self.bell(stream, element) * scale + (isNorm ? 1 : 0)
      if variant > 0 { value += Self.bell(other, element) * step }
      values[place] = value
    }
    VectorKernels.best.fromFloat32(values, dtype: .bfloat16, count: values.count, into: base)
  }

  /// A bell-shaped number: four 16-bit uniforms added up, centred; standard deviation 37 837.
  private static func bell(_ stream: UInt64, _ element: Int) -> Float {
    var z = stream &+ UInt64(element) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    z ^= z >> 31
    let sum = (z & 0xffff) + (z >> 16 & 0xffff) + (z >> 32 & 0xffff) + (z >> 48)
    return Float(Int(sum) - 131_070)
  }

  private static func tensors(_ size: Size) -> [TensorDescription] {
    let keyValue = size.hidden / size.heads * size.keyValueHeads
    var tensors = [("model.embed_tokens", [size.vocabulary, size.hidden])]
    for layer in 0..<size.layers {
      let prefix = "model.layers.\(layer)."
      tensors += [
        ("input_layernorm", [size.hidden]),
        ("mlp.down_proj", [size.hidden, size.intermediate]),
        ("mlp.gate_proj", [size.intermediate, size.hidden]),
        ("mlp.up_proj", [size.intermediate, size.hidden]),
        ("post_attention_layernorm", [size.hidden]),
        ("self_attn.k_proj", [keyValue, size.hidden]),
        ("self_attn.o_proj", [size.hidden, size.hidden]),
        ("self_attn.q_proj", [size.hidden, size.hidden]),
        ("self_attn.v_proj", [keyValue, size.hidden]),
      ].map { (prefix + $0.0, $0.1) }
    }
    tensors += [("model.norm", [size.hidden]), ("lm_head", [size.vocabulary, size.hidden])]
    return tensors.map { TensorDescription(name: $0.0 + ".weight", dtype: .bfloat16, shape: Shape($0.1)) }
  }
}
