internal import Documents
internal import Kernels

/// A family of models: how its tensors are called, and what is computed with them.
protocol Architecture: Sendable {
  /// The names by which configurations ask for it.
  static var names: [String] { get }

  /// Builds a model from its configuration and weights.
  init(_ configuration: ModelValue, weights: WeightScope) throws

  /// The number of tokens.
  var vocabulary: Int { get }
  /// How keys and values are kept.
  var keyValues: KeyValueLayout { get }
  /// The angles of positions.
  var rotations: RotaryEmbedding { get }
  /// The bytes of activations that one row takes, about.
  var bytesPerRow: Int { get }
  /// The last norm and the map to the vocabulary.
  var head: LanguageHead { get }

  /// Takes the tokens of a pass through all layers and leaves the result on its stream.
  ///
  /// - Throws: ``NotFinite`` if a layer gives no numbers.
  func run(_ pass: Pass) throws
}

/// The architectures that can be loaded.
enum ArchitectureCatalog {
  /// Alphabetical.
  static let all: [any Architecture.Type] = [Llama.self]

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
