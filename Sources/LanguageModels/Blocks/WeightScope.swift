internal import Kernels
private import Synchronization
internal import Tensors

/// A tensor's bytes, read or mapped.
struct LoadedTensor: @unchecked Sendable {
  // The bytes are the owner's, and only read.
  let description: TensorDescription
  let bytes: UnsafeRawBufferPointer
  let owner: AnyObject
}

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

  /// A linear map: `name.weight` of [outputs, inputs], and `name.bias` if it has one.
  func linear(_ name: String, from inputs: Int, to outputs: Int, bias: Bool = false) throws(ModelError) -> Linear {
    let tensor = try loader.tensor("\(prefix)\(name).weight", shape: [outputs, inputs])
    return Linear(
      matrix: try loader.pack(tensor),
      bias: bias ? try loader.floats("\(prefix)\(name).bias", count: outputs) : nil)
  }

  /// The weight of a norm: `name.weight` of [width].
  func norm(_ name: String, width: Int, epsilon: Double) throws(ModelError) -> RMSNorm {
    let name = "\(prefix)\(name)"
    return RMSNorm(weight: try loader.floats("\(name).weight", count: width), epsilon: Float(epsilon), name: name)
  }

  /// The vectors of a vocabulary: `name.weight` of [count, width].
  func embedding(_ name: String, count: Int, width: Int) throws(ModelError) -> Embedding {
    Embedding(tensor: try loader.tensor("\(prefix)\(name).weight", shape: [count, width], stays: true))
  }

  /// The matrix of a head, from a tensor of its own or from the embedding it is tied to.
  func head(
    _ name: String, tied embedding: Embedding?, vocabulary: Int, width: Int
  ) throws(ModelError) -> PackedMatrix {
    if let embedding { return try loader.pack(embedding.tensor, tileWidth: LanguageHead.tileWidth) }
    let tensor = try loader.tensor("\(prefix)\(name).weight", shape: [vocabulary, width])
    return try loader.pack(tensor, tileWidth: LanguageHead.tileWidth)
  }
}

/// Reads the tensors of a model and checks them against what the architecture expects.
final class WeightLoader: Sendable {
  let element: MatrixElement
  private let model: String
  private let source: any TensorSource
  private let team: ThreadTeam
  private let workspace: Workspace
  private let products = MatrixProducts()
  private let used = Mutex<Set<String>>([])
  // Where tensors go that cannot be had without a copy, one after another.
  private let staging = Staging()

  /// Scratch memory of the one thread that builds the model.
  private final class Staging: @unchecked Sendable { let memory = ScratchMemory() }

  init(model: String, source: any TensorSource, element: MatrixElement, team: ThreadTeam) {
    self.model = model
    self.source = source
    self.element = element
    self.team = team
    workspace = Workspace(lanes: team.count)
  }

  /// The tensors that the architecture did not ask for.
  var unusedTensors: [String] {
    used.withLock { used in source.index.tensors.map(\.name).filter { !used.contains($0) } }
  }

  /// Reads a tensor, which must have this shape and hold floating-point numbers.
  ///
  /// - Parameter stays: whether the bytes are needed after the next tensor is read.
  func tensor(_ name: String, shape: Shape, stays: Bool = false) throws(ModelError) -> LoadedTensor {
    guard let description = source.index[name] else {
      throw .weights(model: model, message: "the tensor \(name) of shape \(shape) is missing")
    }
    guard description.shape == shape else {
      throw .weights(
        model: model, message: "the tensor \(name) has shape \(description.shape), the configuration wants \(shape)")
    }
    guard description.dtype.isFloatingPoint else {
      throw .weights(
        model: model,
        message: "the tensor \(name) holds \(description.dtype.rawValue), expected floating-point numbers")
    }
    used.withLock { _ = $0.insert(name) }
    do {
      if let region = try source.region(of: name) {
        return LoadedTensor(description: description, bytes: region.bytes, owner: region)
      }
      let size = description.byteCount
      let owner: AnyObject
      let bytes: UnsafeMutableRawBufferPointer
      if stays {
        let memory = AlignedMemory(byteCount: size)
        (owner, bytes) = (memory, UnsafeMutableRawBufferPointer(start: memory.address, count: size))
      } else {
        (owner, bytes) = (staging, UnsafeMutableRawBufferPointer(start: staging.memory.bytes(size), count: size))
      }
      try source.read(name, elements: 0..<description.shape.elementCount, into: bytes)
      return LoadedTensor(description: description, bytes: UnsafeRawBufferPointer(bytes), owner: owner)
    } catch {
      throw .weights(model: model, message: "the tensor \(name) cannot be read: \(error)")
    }
  }

  /// A vector as float32.
  func floats(_ name: String, count: Int) throws(ModelError) -> [Float] {
    let tensor = try tensor(name, shape: [count])
    let scratch = workspace.lanes[0].first
    let copy = UnsafeMutableRawBufferPointer(start: scratch.bytes(tensor.bytes.count), count: tensor.bytes.count)
    copy.copyMemory(from: tensor.bytes)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress {
        VectorKernels.best.toFloat32(
          from: UnsafeRawPointer(scratch.bytes(0)), dtype: tensor.description.dtype, count: count, into: base)
      }
      initialized = count
    }
  }

  /// A matrix laid out for products.
  func pack(_ tensor: LoadedTensor, tileWidth: Int? = nil) throws(ModelError) -> PackedMatrix {
    let dimensions = tensor.description.shape.dimensions
    let dtype = tensor.description.dtype
    let matrix = PackedMatrix(
      outputs: dimensions[0], inputs: dimensions[1], element: element, tileWidth: tileWidth, products: products)
    let rowSize = dimensions[1] * dtype.byteCount
    do {
      try team.run(matrix.tileCount) { lane, tile in
        let outputs = matrix.outputs(ofTile: tile)
        let part = UnsafeRawBufferPointer(
          rebasing: tensor.bytes[outputs.lowerBound * rowSize..<outputs.upperBound * rowSize])
        if let rows = part.baseAddress {
          matrix.pack(tile: tile, from: rows, dtype: dtype, scratch: workspace.lanes[lane].first)
        }
      }
    } catch {
      throw .weights(model: model, message: "the tensor \(tensor.description.name) cannot be packed: \(error)")
    }
    return matrix
  }
}
