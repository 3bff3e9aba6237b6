public import Checkpoints

/// Where the tensors of a merge go.
///
/// Implementing: everything is called from any thread, in any order; `write` once for each element, `finished` once per
/// tensor, after all of its elements.
public protocol TensorSink: Sendable {
  /// Where a run of elements goes; buffers are laid out so that addresses match its place modulo a page.
  func band(tensor: Int, elements: Range<Int>) -> StoredBand
  /// Turns some elements of a band that is not plain into what is stored for them.
  ///
  /// - Parameters:
  ///   - bytes: the elements in the dtype of the plan.
  ///   - first: the number of the first of them.
  ///   - stored: the whole band's bytes, of which those are filled in.
  func encode(
    _ bytes: UnsafeRawBufferPointer, from first: Int, of band: StoredBand, into stored: UnsafeMutableRawBufferPointer)
  /// Takes the stored bytes of a band.
  func write(_ stored: UnsafeRawBufferPointer, of band: StoredBand) throws
  /// Learns that a tensor is complete.
  func finished(tensor: Int) throws
}

extension TensorSink {
  /// Copies the elements to their places in the band.
  public func encode(
    _ bytes: UnsafeRawBufferPointer, from first: Int, of band: StoredBand, into stored: UnsafeMutableRawBufferPointer
  ) {
    let size = band.byteCount / max(1, band.elements.count)
    let start = (first - band.elements.lowerBound) * size
    UnsafeMutableRawBufferPointer(rebasing: stored[start..<start + bytes.count]).copyMemory(from: bytes)
  }
}
