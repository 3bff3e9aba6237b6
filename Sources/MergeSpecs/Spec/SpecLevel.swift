/// The kinds of mapping in a spec, each with the keys it may have.
package enum SpecLevel: String, CaseIterable, Sendable {
  case spec
  case module
  case slice
  case source
  case model
  case parameterCase
  case tokenizer
  case token
  case tokenSource
  case reference
  case place

  /// The keys that mean something here, in the order in which people write them.
  package var keys: [String] { Self.names[self] ?? [] }

  /// The mapping in words, as the place where a key belongs.
  var place: String {
    switch self {
    case .spec: "the top level of the spec"
    case .module: "a part under `modules:`"
    case .slice: "an entry of `slices:`"
    case .source: "an entry of `sources:` in a slice"
    case .model: "an entry of `models:`"
    case .parameterCase: "a case of a parameter's value"
    case .tokenizer: "`tokenizer:`"
    case .token: "an entry of `tokens:`"
    case .tokenSource: "the source of a token"
    case .reference: "a model reference"
    case .place: "`model:` or `lora:` of a model reference"
    }
  }

  /// What becomes of a key that is known but does nothing here.
  func remark(on key: String) -> Remark? {
    switch (self, key) {
    case (.spec, "experts"), (.spec, "shared_experts"), (.spec, "gate_mode"), (.spec, "experts_per_token"):
      .unsupported("mixtures of experts cannot be built yet")
    case (.spec, "genome"), (.spec, "tasks"): .unsupported("this is the file of a search, not a merge spec")
    case (.spec, "name"): .ignored("a name counts only where one file holds several specs")
    case (.slice, "residual_weight"), (.spec, "embed_slerp"), (.spec, "input_model_parameters"):
      .ignored("mergekit no longer reads it either")
    default: nil
    }
  }

  /// Why a known key has no effect.
  enum Remark {
    /// The key asks for something that is not built yet.
    case unsupported(String)
    /// The key never had or no longer has a meaning.
    case ignored(String)
  }

  /// The level that a key belongs to, if it is another one.
  static func home(of key: String) -> SpecLevel? { allCases.first { $0.keys.contains(key) } }
}

/// Names that mergekit knows and this program does not yet.
enum MergekitNames {
  /// Its merge methods.
  static let methods: Set<String> = [
    "arcee_fusion", "breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della", "della_linear", "karcher",
    "linear", "model_stock", "multislerp", "nearswap", "nuslerp", "passthrough", "ram", "ramplus_tl", "sce", "slerp",
    "task_arithmetic", "ties",
  ]

  /// The parameters of its merge methods: a spec may carry one that its own method ignores.
  static let parameters: Set<String> = [
    "alpha", "density", "eps", "epsilon", "filter_wise", "gamma", "int8_mask", "lambda", "max_iter", "normalize",
    "normalize_weights", "nuslerp_flatten", "nuslerp_row_wise", "r", "rescale", "scale", "select_topk", "t", "tol",
    "weight",
  ]
}
