internal import MergeMethods
internal import Tensors

/// How a tensor is cut for streaming: blocks are what arithmetic sees, bands what a worker takes at a time.
enum Bands {
  /// Elements of a band.
  static let elements = Streaming.bandElements

  /// The number of bands of a tensor.
  static func count(of elementCount: Int) -> Int { (elementCount + elements - 1) / elements }

  /// The elements of a band.
  static func range(_ band: Int, of elementCount: Int) -> Range<Int> {
    band * elements..<min((band + 1) * elements, elementCount)
  }
}
