internal import CKernels
internal import Kernels

/// The function between the two maps of a feed-forward block.
enum Activation: String, Sendable, CaseIterable {
  /// x / (1 + e⁻ˣ)
  case silu
  /// The same by another name.
  case swish
  /// x Φ(x), with Φ the normal distribution function.
  case gelu
  /// x Φ(x) with the usual approximation of Φ by tanh, under its names.
  case geluTanh = "gelu_pytorch_tanh"
  case geluNew = "gelu_new"
  case geluFast = "gelu_fast"
  /// x / (1 + e^(−1.702 x))
  case quickGelu = "quick_gelu"
  /// max(x, 0)
  case relu

  private var loop: braid_lm_activation {
    switch self {
    case .silu, .swish: BRAID_LM_SILU
    case .gelu: BRAID_LM_GELU
    case .geluTanh, .geluNew, .geluFast: BRAID_LM_GELU_TANH
    case .quickGelu: BRAID_LM_QUICK_GELU
    case .relu: BRAID_LM_RELU
    }
  }

  /// Writes activation(gate) · up, or activation(gate), for rows without gaps into rows of another width.
  func apply(
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>?, rows: Int, width: Int,
    to place: UnsafeMutableRawPointer, offset: Int, stride: Int, as element: MatrixElement
  ) {
    switch element {
    case .float32:
      braid_lm_activate(
        loop, gate, up, rows, width, place.assumingMemoryBound(to: Float.self) + offset, nil, stride)
    case .bfloat16:
      braid_lm_activate(
        loop, gate, up, rows, width, nil, place.assumingMemoryBound(to: UInt16.self) + offset, stride)
    }
  }
}

extension ModelValue {
  /// The activation that a member names.
  func activation(_ key: String, default activation: Activation) throws(ModelError) -> Activation {
    guard let value = self[key] else { return activation }
    let name = try value.string()
    guard let known = Activation(rawValue: name) else {
      throw value.failure(
        "the activation \"\(name)\" is not supported",
        hint: "supported: " + Activation.allCases.map(\.rawValue).sorted().joined(separator: ", "))
    }
    return known
  }
}
