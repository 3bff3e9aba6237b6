internal import COneDNN
public import Tensors

/// The type in which matrices are multiplied; sums are float32 either way.
public enum MatrixElement: String, Sendable, Hashable, CaseIterable {
  case float32
  case bfloat16

  /// The size of one element in bytes.
  public var byteCount: Int { self == .float32 ? 4 : 2 }

  /// The same type in a checkpoint.
  public var dtype: DType { self == .float32 ? .float32 : .bfloat16 }

  /// Whether this CPU has instructions for products in this type, so that they are worth it.
  public var isFast: Bool { self == .float32 || braid_has_fast_bfloat16() != 0 }
}
