/// Where the tensors of a merge go.
///
/// Implementing: `write` is called from any thread, in any order, once for each byte; `finished` once per tensor,
/// after all of its bytes.
public protocol TensorSink: Sendable {
  /// The place of a tensor's byte in its file; buffers are laid out so that addresses match it modulo a page.
  func fileOffset(tensor: Int, byteOffset: Int) -> Int
  /// Takes bytes of a tensor, from `byteOffset` on.
  func write(_ bytes: UnsafeRawBufferPointer, tensor: Int, byteOffset: Int) throws
  /// Learns that a tensor is complete.
  func finished(tensor: Int) throws
}
