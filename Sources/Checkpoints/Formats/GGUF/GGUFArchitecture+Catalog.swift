extension GGUFArchitecture {
  private static func attention(
    queries: GGUFTensorName.Arrangement = .same, keys: GGUFTensorName.Arrangement = .same
  ) -> [GGUFTensorName] {
    [
      GGUFTensorName("attn_q", "self_attn.q_proj", queries), GGUFTensorName("attn_k", "self_attn.k_proj", keys),
      GGUFTensorName("attn_v", "self_attn.v_proj"), GGUFTensorName("attn_output", "self_attn.o_proj"),
    ]
  }

  private static func headNorms(_ arrangement: GGUFTensorName.Arrangement = .same) -> [GGUFTensorName] {
    [
      GGUFTensorName("attn_q_norm", "self_attn.q_norm", arrangement),
      GGUFTensorName("attn_k_norm", "self_attn.k_norm", arrangement),
    ]
  }

  private static func twoNorms(_ arrangement: GGUFTensorName.Arrangement = .same) -> [GGUFTensorName] {
    [
      GGUFTensorName("attn_norm", "input_layernorm", arrangement),
      GGUFTensorName("ffn_norm", "post_attention_layernorm", arrangement),
    ]
  }

  private static let fourNorms = [
    GGUFTensorName("attn_norm", "input_layernorm", .shifted),
    GGUFTensorName("post_attention_norm", "post_attention_layernorm", .shifted),
    GGUFTensorName("ffn_norm", "pre_feedforward_layernorm", .shifted),
    GGUFTensorName("post_ffw_norm", "post_feedforward_layernorm", .shifted),
  ]

  private static let feedForward = [
    GGUFTensorName("ffn_gate", "mlp.gate_proj"), GGUFTensorName("ffn_up", "mlp.up_proj"),
    GGUFTensorName("ffn_down", "mlp.down_proj"),
  ]

  private static func globals(
    _ arrangement: GGUFTensorName.Arrangement = .same, hasOutput: Bool = true
  ) -> [GGUFTensorName] {
    [
      GGUFTensorName("token_embd", "model.embed_tokens"), GGUFTensorName("output_norm", "model.norm", arrangement),
    ] + (hasOutput ? [GGUFTensorName("output", "lm_head")] : [])
  }

  private static let mixtralExperts = [
    GGUFTensorName("ffn_gate_inp", "block_sparse_moe.gate"),
    GGUFTensorName("ffn_gate_exps", "block_sparse_moe.experts.*.w1", .experts),
    GGUFTensorName("ffn_down_exps", "block_sparse_moe.experts.*.w2", .experts),
    GGUFTensorName("ffn_up_exps", "block_sparse_moe.experts.*.w3", .experts),
  ]

  private static let qwenExperts = [
    GGUFTensorName("ffn_gate_inp", "mlp.gate"),
    GGUFTensorName("ffn_gate_exps", "mlp.experts.*.gate_proj", .experts),
    GGUFTensorName("ffn_down_exps", "mlp.experts.*.down_proj", .experts),
    GGUFTensorName("ffn_up_exps", "mlp.experts.*.up_proj", .experts),
  ]

  /// Every architecture with names.
  static let all: [GGUFArchitecture] = [
    GGUFArchitecture(
      "llama", classes: ["LlamaForCausalLM", "MistralForCausalLM"], globalNames: globals(),
      layerNames: twoNorms() + attention(queries: .queryPairs, keys: .keyPairs) + feedForward),
    GGUFArchitecture(
      "llama", modelType: "mixtral", classes: ["MixtralForCausalLM"], hasExperts: true, globalNames: globals(),
      layerNames: twoNorms() + attention(queries: .queryPairs, keys: .keyPairs) + mixtralExperts),
    GGUFArchitecture(
      "qwen2", classes: ["Qwen2ForCausalLM"], globalNames: globals(),
      layerNames: twoNorms() + attention() + feedForward),
    GGUFArchitecture(
      "qwen3", classes: ["Qwen3ForCausalLM"], globalNames: globals(),
      layerNames: twoNorms() + attention() + headNorms() + feedForward),
    GGUFArchitecture(
      "qwen3moe", modelType: "qwen3_moe", classes: ["Qwen3MoeForCausalLM"], hasExperts: true, globalNames: globals(),
      layerNames: twoNorms() + attention() + headNorms() + qwenExperts),
    // llama.cpp makes the logits of a Gemma with the embedding, so that there is no name for another matrix.
    GGUFArchitecture(
      "gemma", classes: ["GemmaForCausalLM"], activation: "gelu_pytorch_tanh",
      globalNames: globals(.shifted, hasOutput: false), layerNames: twoNorms(.shifted) + attention() + feedForward),
    GGUFArchitecture(
      "gemma2", classes: ["Gemma2ForCausalLM"], activation: "gelu_pytorch_tanh", windowPeriod: 2,
      globalNames: globals(.shifted, hasOutput: false), layerNames: fourNorms + attention() + feedForward),
    GGUFArchitecture(
      "gemma3", modelType: "gemma3_text", classes: ["Gemma3ForCausalLM"], activation: "gelu_pytorch_tanh",
      windowPeriod: 6, globalNames: globals(.shifted),
      layerNames: fourNorms + attention() + headNorms(.shifted) + feedForward),
    GGUFArchitecture(
      "phi3", classes: ["Phi3ForCausalLM"], globalNames: globals(),
      layerNames: twoNorms() + [
        GGUFTensorName("attn_qkv", "self_attn.qkv_proj"), GGUFTensorName("attn_output", "self_attn.o_proj"),
        GGUFTensorName("ffn_up", "mlp.gate_up_proj"), GGUFTensorName("ffn_down", "mlp.down_proj"),
      ]),
    GGUFArchitecture(
      "olmo2", classes: ["Olmo2ForCausalLM"], globalNames: globals(),
      layerNames: attention() + headNorms() + [
        GGUFTensorName("post_attention_norm", "post_attention_layernorm"),
        GGUFTensorName("post_ffw_norm", "post_feedforward_layernorm"),
      ] + feedForward),
    GGUFArchitecture(
      "gpt2", classes: ["GPT2LMHeadModel"], activation: "gelu_new", family: .gpt2, layerPrefix: "transformer.h.",
      globalNames: [
        GGUFTensorName("token_embd", "transformer.wte"), GGUFTensorName("position_embd", "transformer.wpe"),
        GGUFTensorName("output_norm", "transformer.ln_f"), GGUFTensorName("output", "lm_head"),
      ],
      layerNames: [
        GGUFTensorName("attn_norm", "ln_1"), GGUFTensorName("attn_qkv", "attn.c_attn", .transposed),
        GGUFTensorName("attn_output", "attn.c_proj", .transposed), GGUFTensorName("ffn_norm", "ln_2"),
        GGUFTensorName("ffn_up", "mlp.c_fc", .transposed), GGUFTensorName("ffn_down", "mlp.c_proj", .transposed),
      ]),
    GGUFArchitecture(
      "gptneox", modelType: "gpt_neox", classes: ["GPTNeoXForCausalLM"], activation: "gelu", family: .gptNeoX,
      layerPrefix: "gpt_neox.layers.",
      globalNames: [
        GGUFTensorName("token_embd", "gpt_neox.embed_in"), GGUFTensorName("output_norm", "gpt_neox.final_layer_norm"),
        GGUFTensorName("output", "embed_out"),
      ],
      layerNames: [
        GGUFTensorName("attn_norm", "input_layernorm"), GGUFTensorName("ffn_norm", "post_attention_layernorm"),
        GGUFTensorName("attn_qkv", "attention.query_key_value", .queriesKeysValues),
        GGUFTensorName("attn_output", "attention.dense"), GGUFTensorName("ffn_up", "mlp.dense_h_to_4h"),
        GGUFTensorName("ffn_down", "mlp.dense_4h_to_h"),
      ]),
    GGUFArchitecture(
      "bert", classes: ["BertModel"], activation: "gelu", family: .bert, layerPrefix: "encoder.layer.",
      globalNames: [
        GGUFTensorName("token_embd", "embeddings.word_embeddings"),
        GGUFTensorName("position_embd", "embeddings.position_embeddings"),
        GGUFTensorName("token_types", "embeddings.token_type_embeddings"),
        GGUFTensorName("token_embd_norm", "embeddings.LayerNorm"),
      ],
      layerNames: [
        GGUFTensorName("attn_q", "attention.self.query"), GGUFTensorName("attn_k", "attention.self.key"),
        GGUFTensorName("attn_v", "attention.self.value"), GGUFTensorName("attn_output", "attention.output.dense"),
        GGUFTensorName("attn_output_norm", "attention.output.LayerNorm"),
        GGUFTensorName("ffn_up", "intermediate.dense"), GGUFTensorName("ffn_down", "output.dense"),
        GGUFTensorName("layer_output_norm", "output.LayerNorm"),
      ]),
  ]
}
