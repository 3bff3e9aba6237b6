internal import Documents
internal import Kernels
internal import Tensors

/// The stored tensors that one packed weight is made of, checked one by one.
struct PackedParts {
  /// What the codes of GPTQ and AWQ are called.
  static let codes = "qweight"

  let checkpoint: Checkpoint
  /// The name of the weight that the parts belong to, for messages about missing ones.
  let owner: String

  /// A part that must be there, with this dtype and shape where they are given.
  func part(_ name: String, _ dtypes: Set<DType>, _ shape: Shape? = nil, why: String) throws(CheckpointError)
    -> TensorDescription
  {
    guard let part = checkpoint.index[name] else {
      throw fault(owner, found: "no tensor \(name)", expected: "one, \(why)")
    }
    guard dtypes.contains(part.dtype) else {
      let names = DType.allCases.filter(dtypes.contains).map(\.rawValue)
      throw fault(name, found: part.dtype.rawValue, expected: names.joined(separator: " or "))
    }
    if let shape, part.shape != shape {
      throw fault(name, found: "the shape \(part.shape)", expected: "\(shape), \(why)")
    }
    return part
  }

  /// A matrix that must be there, with rows and columns.
  func matrix(_ name: String, _ dtypes: Set<DType>, why: String) throws(CheckpointError) -> (rows: Int, columns: Int) {
    let dimensions = try part(name, dtypes, why: why).shape.dimensions
    guard dimensions.count == 2, dimensions[0] > 0, dimensions[1] > 0 else {
      throw fault(name, found: "the shape \(Shape(dimensions))", expected: "a matrix, \(why)")
    }
    return (dimensions[0], dimensions[1])
  }

  /// What is wrong with a part.
  func fault(_ tensor: String, found: String, expected: String) -> CheckpointError {
    Self.fault(in: checkpoint, tensor, found: found, expected: expected)
  }

  /// What is wrong with a tensor of a packed weight.
  static func fault(
    in source: any TensorSource, _ tensor: String, found: String, expected: String
  ) -> CheckpointError {
    let checkpoint = source as? Checkpoint
    return CheckpointError(
      .inconsistent, path: checkpoint?.location(of: tensor)?.file.path ?? checkpoint?.path ?? "",
      "tensor \(PrintableText.quoted(tensor)): \(found); expected \(expected)")
  }
}

/// A tensor whose elements are wanted as float32, whatever they are stored as.
struct StoredNumbers {
  /// What scales may be stored as.
  static let dtypes: Set<DType> = [.float16, .bfloat16, .float32]

  let name: String
  let dtype: DType

  /// Copies elements and converts them.
  ///
  /// - Parameter destination: room for as many numbers.
  func read(
    _ elements: Range<Int>, from source: any TensorSource, into destination: UnsafeMutablePointer<Float>
  ) throws {
    guard !elements.isEmpty else { return }
    try withUnsafeTemporaryAllocation(byteCount: elements.count * dtype.byteCount, alignment: 8) { stored in
      try source.read(name, elements: elements, into: stored)
      guard let base = stored.baseAddress else { return }
      VectorKernels.best.toFloat32(from: base, dtype: dtype, count: elements.count, into: destination)
    }
  }
}
