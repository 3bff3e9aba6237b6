internal import MergeMethods
internal import Tensors

/// How a tensor is cut for streaming: blocks are what arithmetic sees, bands what a worker takes at a time.
enum Bands {
  /// Elements of a band: 64 blocks, 1 MiB of bfloat16.
  ///
  /// Large enough that taking a band costs nothing and direct writes run at full speed, small enough that the last
  /// band of a pass leaves no worker idle for long.
  static let elements = 64 * Streaming.blockElements

  /// The number of bands of a tensor.
  static func count(of elementCount: Int) -> Int { (elementCount + elements - 1) / elements }

  /// The elements of a band.
  static func range(_ band: Int, of elementCount: Int) -> Range<Int> {
    band * elements..<min((band + 1) * elements, elementCount)
  }
}
