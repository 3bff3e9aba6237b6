internal import Kernels

/// The memory of one computation: activations of a batch, and scratch for each lane of the team.
///
/// Unchecked: a workspace serves one call at a time; within it, lanes write to rows or tiles of their own.
final class Workspace: @unchecked Sendable {
  /// The residual stream, float32.
  let stream = ScratchMemory()
  /// What a norm or attention gives to the next product, in the type of the products.
  let normed = ScratchMemory()
  /// Queries, keys and values side by side, float32.
  let projected = ScratchMemory()
  /// The inner layer of a feed-forward block, in the type of the products.
  let inner = ScratchMemory()
  /// The result of a block that does not go to the stream as it is, float32.
  let branch = ScratchMemory()
  /// Normalised rows that are needed beside `normed`, in the type of the products.
  let besides = ScratchMemory()
  /// The results of one expert for its rows, float32.
  let routed = ScratchMemory()
  /// Keys and values that are needed for one layer only, float32.
  let keyValues = ScratchMemory()
  /// What the head notes about tiles of logits.
  let summaries = ScratchMemory()
  /// Scratch of each lane.
  let lanes: [Lane]

  /// Scratch memory that one lane uses for one item at a time.
  final class Lane {
    let product = ScratchMemory()
    let first = ScratchMemory()
    let second = ScratchMemory()
  }

  init(lanes: Int) { self.lanes = (0..<lanes).map { _ in Lane() } }
}
