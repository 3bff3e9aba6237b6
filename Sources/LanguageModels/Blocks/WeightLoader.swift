internal import Kernels
private import Synchronization
internal import Tensors

/// A tensor's bytes, read or mapped.
struct LoadedTensor: @unchecked Sendable {
  // The bytes are the owner's, and only read.
  let description: TensorDescription
  let bytes: UnsafeRawBufferPointer
  let owner: AnyObject
  /// Whether the bytes are there as long as the owner is, and not only until the next tensor is read.
  let stays: Bool
}

/// Reads the tensors of a model and checks them against what the architecture expects.
final class WeightLoader: Sendable {
  let element: MatrixElement
  let model: String
  let team: ThreadTeam
  let workspace: Workspace
  let products = MatrixProducts()
  private let source: any TensorSource
  private let used = Mutex<Set<String>>([])
  private let ignored = Mutex<[String]>([])
  private let staging = Staging()

  /// Where tensors go that cannot be had without a copy; the affair of the one thread that builds the model.
  private final class Staging: @unchecked Sendable {
    /// Room for tensors that are converted, one after another.
    let memory = ScratchMemory()
    /// The tensor that was read last: parts of one are asked for one after another.
    var last: LoadedTensor?
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
        return LoadedTensor(description: description, bytes: region.bytes, owner: region, stays: true)
      }
      if let last = staging.last, last.description.name == name, last.stays || !stays { return last }
      staging.last = nil
      // What is multiplied as it is stays where it is read to.
      let stays = stays || description.dtype == element.dtype
      let memory = stays ? AlignedMemory(byteCount: description.byteCount) : nil
      let bytes = UnsafeMutableRawBufferPointer(
        start: memory?.address ?? staging.memory.bytes(description.byteCount), count: description.byteCount)
      try source.read(name, elements: 0..<description.shape.elementCount, into: bytes)
      let tensor = LoadedTensor(
        description: description, bytes: UnsafeRawBufferPointer(bytes), owner: memory ?? staging, stays: stays)
      staging.last = tensor
      return tensor
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
}
