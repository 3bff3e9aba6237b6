/// A family of models: how its tensors are called, and what is computed with them.
protocol Architecture: Sendable {
  /// The names by which configurations ask for it.
  static var names: [String] { get }

  /// Builds a model from its configuration and weights.
  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder
}

/// The architectures that can be loaded.
enum ArchitectureCatalog {
  /// Alphabetical.
  static let all: [any Architecture.Type] = [
    GPT2.self, GPTNeoX.self, Gemma.self, Gemma2.self, Gemma3.self, Llama.self, Mistral.self, Mixtral.self,
    OLMo2.self, Phi3.self, Qwen2.self, Qwen3.self, Qwen3MoE.self,
  ]

  /// Every name in the catalogue.
  static var names: [String] { all.flatMap { $0.names }.sorted() }

  /// The architecture that a configuration names.
  static func architecture(for configuration: ModelValue) throws(ModelError) -> any Architecture.Type {
    let list = try configuration.member("architectures")
    guard let name = try list.elements().first else { throw list.failure("expected the name of an architecture") }
    let text = try name.string()
    for architecture in all where architecture.names.contains(text) { return architecture }
    throw name.unknown("architecture", text, known: names)
  }
}
