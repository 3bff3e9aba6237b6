internal import Kernels
internal import Tensors

/// Weights below a name: `weights["self_attn"].linear("q_proj", …)` is `….self_attn.q_proj.weight`.
///
/// Blocks and architectures are built through scopes, so that each tensor's name and shape stands at one place.
struct WeightScope: Sendable {
  private let loader: WeightLoader
  private let prefix: String

  init(_ loader: WeightLoader) {
    self.loader = loader
    prefix = ""
  }

  private init(_ loader: WeightLoader, prefix: String) {
    self.loader = loader
    self.prefix = prefix
  }

  /// The scope below a name or a number.
  subscript(_ name: some CustomStringConvertible) -> WeightScope {
    WeightScope(loader, prefix: "\(prefix)\(name).")
  }

  /// Whether there is a tensor `name`.
  func has(_ name: String) -> Bool { loader.has("\(prefix)\(name)") }

  /// The first of some scopes below which there is a tensor `name`, else the first of all.
  func first(of scopes: [String], having name: String) -> WeightScope {
    let below = scopes.map { $0.isEmpty ? self : self[$0] }
    return below.first { $0.has(name) } ?? below[0]
  }

  /// Tensors whose names end like this hold nothing that is computed with, and are no surprise.
  func ignore(suffixes: [String]) { loader.ignore(suffixes: suffixes) }

  /// A linear map: `name.weight` of [outputs, inputs], and `name.bias` if it has one.
  func linear(_ name: String, from inputs: Int, to outputs: Int, bias: Bool = false) throws(ModelError) -> Linear {
    let tensor = try loader.tensor("\(prefix)\(name).weight", shape: [outputs, inputs])
    return Linear(
      matrix: try loader.matrix(tensor),
      bias: bias ? try loader.floats("\(prefix)\(name).bias", count: outputs) : nil)
  }

  /// Several linear maps of the same input whose weights are stored as one.
  ///
  /// - Parameters:
  ///   - parts: the outputs of each map.
  ///   - inputsFirst: whether `name.weight` is stored as [inputs, outputs].
  func linears(
    _ name: String, from inputs: Int, to outputs: Int, parts: [[Range<Int>]], bias: Bool = false,
    inputsFirst: Bool = false
  ) throws(ModelError) -> [Linear] {
    let bias = bias ? try loader.floats("\(prefix)\(name).bias", count: outputs) : nil
    let shape: Shape = inputsFirst ? [inputs, outputs] : [outputs, inputs]
    let tensor = try loader.tensor("\(prefix)\(name).weight", shape: shape)
    var linears: [Linear] = []
    for part in parts {
      linears.append(
        Linear(
          matrix: try loader.matrix(tensor, outputs: part, inputsFirst: inputsFirst),
          bias: bias.map { bias in part.flatMap { bias[$0] } }))
    }
    return linears
  }

  /// A part of a stack of matrices: `name` of [count, outputs, inputs], and some outputs of one of them.
  func linear(
    stacked name: String, _ index: Int, of count: Int, from inputs: Int, to outputs: Int, part: Range<Int>
  ) throws(ModelError) -> Linear {
    let tensor = try loader.tensor("\(prefix)\(name)", shape: [count, outputs, inputs])
    let first = index * outputs
    return Linear(
      matrix: try loader.matrix(tensor, outputs: [first + part.lowerBound..<first + part.upperBound]), bias: nil)
  }

  /// A root-mean-square norm: `name.weight` of [width], to which an offset is added.
  func norm(_ name: String, width: Int, epsilon: Double, offset: Float = 0) throws(ModelError) -> Norm {
    let name = "\(prefix)\(name)"
    let weight = try loader.floats("\(name).weight", count: width)
    return Norm(
      kind: .rootMeanSquare, weight: offset == 0 ? weight : weight.map { $0 + offset }, epsilon: Float(epsilon),
      name: name)
  }

  /// A layer norm: `name.weight` and `name.bias` of [width], in old files `name.gamma` and `name.beta`.
  func layerNorm(_ name: String, width: Int, epsilon: Double) throws(ModelError) -> Norm {
    let name = "\(prefix)\(name)"
    let (weight, bias) = loader.has("\(name).gamma") ? ("gamma", "beta") : ("weight", "bias")
    return Norm(
      kind: .layer(bias: try loader.floats("\(name).\(bias)", count: width)),
      weight: try loader.floats("\(name).\(weight)", count: width), epsilon: Float(epsilon), name: name)
  }

  /// The vectors of a vocabulary: `name.weight` of [count, width].
  func embedding(_ name: String, count: Int, width: Int) throws(ModelError) -> Embedding {
    Embedding(tensor: try loader.tensor("\(prefix)\(name).weight", shape: [count, width], stays: true))
  }

  /// The matrix of a head, from a tensor of its own or from the embedding it is tied to.
  func head(
    _ name: String, tied embedding: Embedding?, vocabulary: Int, width: Int
  ) throws(ModelError) -> WeightMatrix {
    if let embedding {
      // Some files hold the matrix twice.
      loader.ignore(suffixes: ["\(prefix)\(name).weight"])
      return try loader.matrix(embedding.tensor, tileWidth: LanguageHead.tileWidth)
    }
    let tensor = try loader.tensor("\(prefix)\(name).weight", shape: [vocabulary, width])
    return try loader.matrix(tensor, tileWidth: LanguageHead.tileWidth)
  }
}
