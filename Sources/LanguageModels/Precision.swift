internal import Kernels

/// The type in which a model's weights are held and its products are formed.
///
/// Norms, rotations, attention, activations, the residual stream and everything behind the logits are float32 or
/// float64 in both cases.
public enum Precision: String, Sendable, Hashable, CaseIterable {
  /// The reference: log-likelihoods agree with transformers in float32.
  case float32
  /// Half the memory, and about twice the speed where the CPU has bfloat16 instructions; log-likelihoods differ in
  /// the third digit.
  case bfloat16

  /// Whether this CPU has instructions for it.
  public var isFast: Bool { element.isFast }

  var element: MatrixElement {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }
}
