public import Documents
public import Tensors

/// A dtype as a spec sets it: one for all tensors, or one for each kind of name.
public struct DTypeSetting: Sendable {
  /// The alternatives; the first whose filter matches the tensor's name counts.
  public var cases: [Case]

  /// One alternative.
  public struct Case: Sendable {
    /// Which tensors it holds for; nil means all.
    public var filter: TensorFilter?
    /// The dtype.
    public var dtype: DType
    /// Where the filter stands, or else the value.
    public var position: SourcePosition
  }

  /// The dtype of an output tensor, or nil if no filter matches its name.
  public func value(for tensor: String) -> DType? {
    cases.first { $0.filter?.matches(tensor) ?? true }?.dtype
  }

  /// What people write for some dtypes, and their names.
  static let abbreviations = [
    "bf16": "bfloat16", "bfloat": "bfloat16", "fp16": "float16", "half": "float16", "f16": "float16",
    "fp32": "float32", "f32": "float32", "float": "float32", "full": "float32", "fp64": "float64",
    "double": "float64", "fp8": "float8_e4m3fn", "float8": "float8_e4m3fn",
  ]
}
