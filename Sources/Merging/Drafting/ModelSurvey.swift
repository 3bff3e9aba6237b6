internal import Checkpoints
internal import Documents
internal import MergeSpecs
internal import Tensors

/// What there is to know about models before they are merged: headers, cards, and a few elements of each.
public struct ModelSurvey: Sendable {
  /// One of the models.
  public struct Model: Sendable, Hashable {
    /// What a spec calls it.
    public var reference: String
    /// A short name for people.
    public var name: String
    /// The class that runs it.
    public var architecture: String?
    /// The number of layers.
    public var layers: Int?
    /// The number of rows of its embedding.
    public var vocabulary: Int?
    /// The dtype of most elements.
    public var dtype: String?
    /// The number of elements.
    public var parameters: Int
    /// What its card and its configuration say it was made from.
    public var statedBases: [String] = []

    /// Describes a model.
    public init(
      reference: String, name: String, architecture: String? = nil, layers: Int? = nil, vocabulary: Int? = nil,
      dtype: String? = nil, parameters: Int, statedBases: [String] = []
    ) {
      self.reference = reference
      self.name = name
      self.architecture = architecture
      self.layers = layers
      self.vocabulary = vocabulary
      self.dtype = dtype
      self.parameters = parameters
      self.statedBases = statedBases
    }

    /// The model in a few words.
    public var facts: String {
      [
        architecture, layers.map { "\($0) layers" }, vocabulary.map { "vocabulary \($0)" }, dtype,
        Self.size(parameters) + " parameters",
      ].compactMap(\.self).joined(separator: ", ")
    }

    private static func size(_ count: Int) -> String {
      for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where Double(count) >= unit {
        return Decimal.text(Double(count) / unit, decimals: 1) + " " + name
      }
      return "\(count)"
    }
  }

  /// The models, in the order in which they were named.
  public let models: [Model]
  /// How far apart they lie; nil if they share no matrix.
  public let sample: DifferenceSample?

  /// Puts a survey together.
  public init(models: [Model], sample: DifferenceSample?) {
    self.models = models
    self.sample = sample
  }

  /// Opens models and looks at them.
  ///
  /// - Parameter absolute: turns a relative path into one that a spec elsewhere can have.
  /// - Throws: a `CheckpointError` that names the model, or a source's error.
  public static func open(_ arguments: [String], absolute: (String) -> String = { $0 }) throws -> ModelSurvey {
    var models: [Model] = []
    var parents: [ParentModel] = []
    let start = SourcePosition(line: 1, column: 1)
    for argument in arguments {
      let isPath = ModelLocator().localPath(argument) != nil
      let path = isPath ? absolute(argument) : argument
      let reference =
        isPath
        ? ModelReference(model: .init(path: path), position: start) : ModelReference(text: argument, position: start)
      let parent = try ParentModel.open(reference)
      parents.append(parent)
      models.append(Model(parent, reference: reference, argument: argument))
    }
    return ModelSurvey(models: models, sample: try DifferenceSample(of: parents.map(\.weights)))
  }

  // MARK: What the facts say

  /// Why the models cannot be merged whole, if they cannot.
  public var fault: String? {
    guard let first = models.first else { return nil }
    if models.count < 2 { return "a merge takes at least two models" }
    for other in models.dropFirst() {
      if models.count(where: { $0.reference == other.reference }) > 1 { return "\(other.reference) is named twice" }
      if let a = first.architecture, let b = other.architecture, a != b {
        return "\(first.name) is a \(a) and \(other.name) a \(b): only models of one architecture can be merged"
      }
      if let a = first.layers, let b = other.layers, a != b {
        return
          "\(first.name) has \(a) layers and \(other.name) \(b): such models can only be stacked, with slices: and "
          + "merge_method: passthrough, and which layers of which is for you to say"
      }
    }
    return sample == nil ? "the models have no matrix of the same name and shape, so nothing can be merged" : nil
  }

  /// The model that the others were probably made from, and what speaks for it.
  public var likelyBase: (index: Int, reason: String)? {
    for (index, model) in models.enumerated() {
      let children = models.filter { other in other != model && other.statedBases.contains { Self.means($0, model) } }
      if let child = children.first { return (index, "\(child.name) says that it was made from it") }
    }
    guard let center = sample?.center else { return nil }
    return (center, "all others lie nearest to it")
  }

  private static func means(_ stated: String, _ model: Model) -> Bool {
    func last(_ text: String) -> String { text.split(separator: "/").last.map { $0.lowercased() } ?? "" }
    return stated == model.reference || !last(stated).isEmpty && last(stated) == last(model.reference)
  }
}

extension ModelSurvey.Model {
  init(_ parent: ParentModel, reference: ModelReference, argument: String) {
    let header = parent.header
    let tensors = header.index.tensors
    let sizes = Dictionary(grouping: tensors, by: \.dtype).mapValues { $0.reduce(0) { $0 + $1.shape.elementCount } }
    let most = sizes.filter(\.key.isFloatingPoint).max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
    let configuration = header.configuration
    let stated = configuration?["_name_or_path"]?.string.map { [$0] } ?? []
    self.init(
      reference: reference.text, name: OpenedModel.name(of: argument),
      architecture: configuration?["architectures"]?.array?.first?.string ?? configuration?["model_type"]?.string,
      layers: header.configured(["num_hidden_layers", "n_layer", "num_layers"]),
      vocabulary: header.configured(["vocab_size"]), dtype: most?.key.rawValue,
      parameters: header.index.elementCount,
      statedBases: ParentCard(of: parent.folder).baseModels + stated)
  }
}
