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

/// Reads the tensors of a model and checks them against what the architecture expects.
final class WeightLoader: Sendable {
  let element: MatrixElement
  private let model: String
  private let source: any TensorSource
  private let team: ThreadTeam
  private let workspace: Workspace
  private let products = MatrixProducts()
  private let used = Mutex<Set<String>>([])
  private let ignored = Mutex<[String]>([])
  // Where tensors go that cannot be had without a copy, one after another.
  private let staging = Staging()

  /// Scratch memory of the one thread that builds the model.
  private final class Staging: @unchecked Sendable {
    let memory = ScratchMemory()
    /// The tensor that is there: parts of one are asked for one after another.
    var tensor: String?
  }

  init(model: String, source: any TensorSource, element: MatrixElement, team: ThreadTeam) {
    self.model = model
    self.source = source
    self.element = element
    self.team = team
    workspace = Workspace(lanes: team.count)
  }

  /// The tensors that the architecture did not ask for.
  var unusedTensors: [String] {
    let ignored = ignored.withLock { $0 }
    return used.withLock { used in
      source.index.tensors.map(\.name).filter { name in
        !used.contains(name) && !ignored.contains { name.hasSuffix($0) }
      }
    }
  }

  func has(_ name: String) -> Bool { source.index[name] != nil }

  func ignore(suffixes: [String]) { ignored.withLock { $0 += suffixes } }

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
      if stays || staging.tensor != name {
        if !stays { staging.tensor = nil }
        try source.read(name, elements: 0..<description.shape.elementCount, into: bytes)
        if !stays { staging.tensor = name }
      }
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

  /// The smallest tensor whose pages are given back.
  private static let smallestRelease = 1 << 20

  /// A matrix laid out for products.
  ///
  /// - Parameters:
  ///   - outputs: the outputs it has, in ranges of those that the tensor has; all of them if nil.
  ///   - inputsFirst: whether the tensor is stored as [inputs, outputs].
  func pack(
    _ tensor: LoadedTensor, outputs: [Range<Int>]? = nil, inputsFirst: Bool = false, tileWidth: Int? = nil
  ) throws(ModelError) -> PackedMatrix {
    let dimensions = tensor.description.shape.dimensions
    let dtype = tensor.description.dtype
    let inputs = inputsFirst ? dimensions[0] : dimensions[dimensions.count - 1]
    let stored = inputsFirst ? dimensions[1] : dimensions.dropLast().reduce(1, *)
    let parts = outputs ?? [0..<stored]
    let matrix = PackedMatrix(
      outputs: parts.reduce(0) { $0 + $1.count }, inputs: inputs, element: element, tileWidth: tileWidth,
      products: products)
    do {
      try team.run(matrix.tileCount) { lane, tile in
        let lane = workspace.lanes[lane]
        let wanted = Self.pieces(of: parts, in: matrix.outputs(ofTile: tile))
        guard let base = tensor.bytes.baseAddress else { return }
        if inputsFirst {
          // One part per matrix, so far.
          guard wanted.count == 1 else { throw ScatteredColumns() }
          matrix.pack(
            tile: tile, fromColumns: base + wanted[0].lowerBound * dtype.byteCount,
            rowStride: stored * dtype.byteCount, dtype: dtype, scratch: lane.first)
          return
        }
        let rowSize = inputs * dtype.byteCount
        if wanted.count == 1 {
          matrix.pack(tile: tile, from: base + wanted[0].lowerBound * rowSize, dtype: dtype, scratch: lane.first)
          return
        }
        let gathered = lane.second.bytes(matrix.outputs(ofTile: tile).count * rowSize)
        var place = gathered
        for piece in wanted {
          place.copyMemory(from: base + piece.lowerBound * rowSize, byteCount: piece.count * rowSize)
          place += piece.count * rowSize
        }
        matrix.pack(tile: tile, from: gathered, dtype: dtype, scratch: lane.first)
      }
    } catch {
      throw .weights(model: model, message: "the tensor \(tensor.description.name) cannot be packed: \(error)")
    }
    // The packed copy takes the file's place in memory. Small tensors are not worth it: pages beside them go as well,
    // and come back one by one.
    if tensor.bytes.count >= Self.smallestRelease {
      (tensor.owner as? TensorRegion)?.release(0..<tensor.bytes.count)
    }
    return matrix
  }

  /// The stored outputs that make up some outputs of a matrix of parts.
  private static func pieces(of parts: [Range<Int>], in outputs: Range<Int>) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var first = 0
    for part in parts {
      let shared = outputs.clamped(to: first..<first + part.count)
      if !shared.isEmpty {
        let start = part.lowerBound + shared.lowerBound - first
        pieces.append(start..<start + shared.count)
      }
      first += part.count
    }
    return pieces
  }

  /// A matrix whose columns are not next to each other.
  private struct ScatteredColumns: Error, CustomStringConvertible {
    var description: String { "its columns are not next to each other" }
  }
}
