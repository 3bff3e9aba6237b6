internal import Documents
internal import Tensors

/// What applying an adapter needs to know of a model beside the shapes of its tensors.
struct ModelTraits {
  /// The embedding of the tokens, if there is one that is certain.
  let embedding: TensorDescription?
  /// Whether the model uses its embedding as head, and its files have no head.
  let sharesHead: Bool
  /// Whether the configuration says that embedding and head are one.
  let statesShared: Bool
  /// What a head of its own is to be called.
  let headName: String
  private let kind: String?

  private static let heads = ["lm_head.weight", "embed_out.weight"]
  private static let embeddings = [
    "embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight", "tokens_embed.weight",
  ]
  /// Models of transformers whose linear layers are `Conv1D`, with the inputs first, and what those layers are called.
  private static let inputsFirst: Set<String> = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"]
  private static let inputsFirstLayers: Set<String> = ["c_attn", "c_proj", "c_fc", "q_attn"]
  /// Models of transformers whose stacked experts are stored with the inputs first.
  private static let inputsFirstExperts: Set<String> = ["gpt_oss", "llama4", "llama4_text"]

  init(_ index: TensorIndex, configuration: JSONNode?) {
    kind = configuration?["model_type"]?.string
    let found = index.tensors.filter { tensor in
      tensor.shape.dimensions.count == 2 && Self.embeddings.contains { Self.ends(tensor.name, in: $0) }
    }
    embedding = found.count == 1 ? found[0] : nil
    headName = kind == "gpt_neox" ? "embed_out.weight" : "lm_head.weight"
    let nodes = [configuration, configuration?["text_config"]].compactMap(\.self)
    let stated = nodes.lazy.compactMap { $0["tie_word_embeddings"]?.bool }.first
    statesShared = stated == true
    let classes = configuration?["architectures"]?.array?.compactMap(\.string) ?? []
    let generates = stated == true || classes.contains { $0.hasSuffix("CausalLM") || $0.hasSuffix("LMHeadModel") }
    sharesHead =
      stated != false && generates && !index.tensors.contains { Self.isHead($0.name) }
  }

  /// Whether a name is that of a model's head.
  static func isHead(_ name: String) -> Bool { heads.contains { ends(name, in: $0) } }

  private static func ends(_ name: String, in ending: String) -> Bool { name == ending || name.hasSuffix("." + ending) }

  /// Whether a square weight is stored with the inputs first.
  ///
  /// - Parameter flag: what the adapter says of all its layers; PEFT corrects it by the kind of each.
  func hasInputsFirst(_ module: String, flag: Bool) -> Bool {
    guard let kind else { return flag }
    let layer = module.split(separator: ".").last.map(String.init) ?? module
    if Self.inputsFirst.contains(kind) { return Self.inputsFirstLayers.contains(layer) }
    return flag || Self.inputsFirstExperts.contains(kind) && module.contains(".experts.")
  }
}
