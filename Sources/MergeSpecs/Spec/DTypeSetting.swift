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
}
