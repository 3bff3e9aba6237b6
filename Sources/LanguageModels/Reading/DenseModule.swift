#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif
internal import Kernels
internal import Tensors

/// The function of C, out of the way of the case of the same name.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

/// A linear map of a text's vector with an activation behind it: the module `Dense` of sentence-transformers.
struct DenseModule: Sendable {
  /// What follows the linear map, by the name of PyTorch's class.
  private enum Function: String, CaseIterable {
    case tanh = "Tanh"
    case identity = "Identity"
    case relu = "ReLU"
    case gelu = "GELU"
    case silu = "SiLU"
    case sigmoid = "Sigmoid"

    func callAsFunction(_ x: Double) -> Double {
      switch self {
      case .tanh: hyperbolicTangent(x)
      case .identity: x
      case .relu: max(x, 0)
      case .gelu: x / 2 * (1 + erf(x / 2.squareRoot()))
      case .silu: x / (1 + exp(-x))
      case .sigmoid: 1 / (1 + exp(-x))
      }
    }
  }

  /// The elements of a vector that comes in.
  let inputs: Int
  /// The elements of a vector that goes out.
  let outputs: Int
  private let weight: [Float]
  private let bias: [Float]?
  /// What is added to the result: the vector itself, or a linear map of it.
  private let residual: Residual
  private let function: Function

  private enum Residual {
    case none, same
    case mapped([Float])
  }

  /// The widest vectors, far above those of any model; it bounds what a hostile file can ask for.
  private static let widest = 1 << 16

  /// Reads the settings and takes the weights they describe.
  ///
  /// - Parameter weights: the tensors in the module's folder, if there are any.
  init(_ settings: ModelValue, weights: (any TensorSource)?, model: String) throws {
    inputs = try settings.integer("in_features", in: 1...Self.widest)
    outputs = try settings.integer("out_features", in: 1...Self.widest)
    for key in ["module_input_name", "module_output_name"] {
      if let name = settings[key], try name.string() != "sentence_embedding" {
        throw name.failure("only the vector of a text (sentence_embedding) can be mapped")
      }
    }
    function =
      try settings["activation_function"].map { (value) throws(ModelError) in
        let name = try value.string()
        guard name.hasPrefix("torch."), let last = name.split(separator: ".").last,
          let known = Function(rawValue: String(last))
        else {
          throw value.unknown("activation", name, known: Function.allCases.map { "torch.nn." + $0.rawValue })
        }
        return known
      } ?? .tanh
    guard let weights else { throw settings.failure("there are no weights beside these settings") }
    func floats(_ name: String, _ shape: Shape) throws -> [Float] {
      guard let description = weights.index[name] else {
        throw ModelError.weights(model: model, message: "the tensor \(name) of shape \(shape) is missing")
      }
      guard description.shape == shape, description.dtype.isFloatingPoint else {
        throw ModelError.weights(
          model: model,
          message:
            "the tensor \(name) is \(description.dtype.rawValue) \(description.shape), the settings want floating-"
            + "point numbers of shape \(shape)")
      }
      let bytes = try weights.bytes(of: name)
      return [Float](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
        bytes.withUnsafeBytes { bytes in
          if let base = buffer.baseAddress, let source = bytes.baseAddress {
            VectorKernels.best.toFloat32(
              from: source, dtype: description.dtype, count: shape.elementCount, into: base)
          }
        }
        count = shape.elementCount
      }
    }
    weight = try floats("linear.weight", [outputs, inputs])
    bias = try settings.bool("bias", default: true) ? floats("linear.bias", [outputs]) : nil
    if try !settings.bool("use_residual", default: false) {
      residual = .none
    } else {
      residual = inputs == outputs ? .same : .mapped(try floats("residual.weight", [outputs, inputs]))
    }
  }

  /// The map of a vector with ``inputs`` elements.
  func apply(to vector: [Float]) -> [Float] {
    var result = Self.product(weight, vector)
    if let bias { for row in result.indices { result[row] += Double(bias[row]) } }
    result = result.map { function($0) }
    switch residual {
    case .none: break
    case .same: for row in result.indices { result[row] += Double(vector[row]) }
    case .mapped(let matrix): for (row, addend) in Self.product(matrix, vector).enumerated() { result[row] += addend }
    }
    return result.map(Float.init)
  }

  private static func product(_ matrix: [Float], _ vector: [Float]) -> [Double] {
    matrix.withUnsafeBufferPointer { matrix in
      vector.withUnsafeBufferPointer { vector in
        stride(from: 0, to: matrix.count, by: vector.count).map { start in
          var sum = 0.0
          for column in vector.indices { sum += Double(matrix[start + column]) * Double(vector[column]) }
          return sum
        }
      }
    }
  }
}
