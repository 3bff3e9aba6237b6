internal import CKernels
internal import Kernels

/// How the keys and values of a model are laid out in memory.
struct KeyValueLayout: Sendable {
  var layers: Int
  var heads: Int
  var headSize: Int

  /// The distance of one value from the next: the head's size rounded up, so that loops need no remainder.
  var valueStride: Int { (headSize + Self.lanes - 1) / Self.lanes * Self.lanes }
  /// The tokens that there is room for when so many are asked for, the first of them at a position of its sequence.
  func capacity(_ tokens: Int, from first: Int = 0) -> Int {
    (first % Self.lanes + tokens + Self.lanes - 1) / Self.lanes * Self.lanes
  }
  /// Elements per layer.
  func layerSize(capacity: Int) -> Int { heads * capacity * (headSize + valueStride) }

  static let lanes = Int(BRAID_LM_LANES)
}

/// Room for the keys and values of successive tokens of one sequence, for all layers or for one layer at a time.
///
/// Per layer and head: the keys in panels of 16, see `braid_lm_attention`, then the values by rows. The lane of a key
/// is that of its position in the sequence, so that results do not depend on how a sequence is cut into memories.
struct KeyValueMemory: @unchecked Sendable {
  // The pointer is valid while the owner of the memory, a workspace or an `AlignedMemory`, lives; lanes write to heads
  // and rows of their own.
  let base: UnsafeMutablePointer<Float>
  let capacity: Int
  let layout: KeyValueLayout
  /// Elements from one layer to the next; zero if layers take turns.
  let layerStride: Int
  /// The position of the first token in its sequence.
  let first: Int

  /// Room in memory that someone else owns, of the layout's capacity for tokens from this position on.
  init(
    base: UnsafeMutablePointer<Float>, capacity: Int, layout: KeyValueLayout, keepsLayers: Bool, first: Int = 0
  ) {
    self.base = base
    self.capacity = capacity
    self.layout = layout
    self.first = first
    layerStride = keepsLayers ? layout.layerSize(capacity: capacity) : 0
  }

  private func keys(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    base + layer * layerStride + head * capacity * (layout.headSize + layout.valueStride)
  }

  /// Writes the key and the value of one token, counted from the memory's first.
  func store(layer: Int, head: Int, token: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>) {
    let lanes = KeyValueLayout.lanes
    let slot = first % lanes + token
    let keys = keys(layer: layer, head: head)
    braid_lm_store_key(key, layout.headSize, keys + slot / lanes * lanes * layout.headSize + slot % lanes)
    let row = keys + capacity * layout.headSize + slot * layout.valueStride
    row.update(from: value, count: layout.headSize)
    for i in layout.headSize..<layout.valueStride { row[i] = 0 }
  }

  /// The first `count` tokens as attention reads them.
  func span(layer: Int, head: Int, count: Int) -> braid_lm_memory {
    let keys = keys(layer: layer, head: head)
    return braid_lm_memory(
      panels: keys, values: keys + capacity * layout.headSize, first: first, end: first + count)
  }
}

/// Keys and values that were computed before and that several sequences may share.
struct KeyValueSpan: Sendable {
  var memory: KeyValueMemory
  /// How many of the memory's tokens belong to the sequence.
  var count: Int
}

/// The keys and values of a sequence that goes on over several passes.
final class KeyValueCache: Sendable {
  let memory: KeyValueMemory
  private let owner: AlignedMemory

  /// Room for tokens from a position of their sequence on.
  init(tokens: Int, layout: KeyValueLayout, first: Int = 0) {
    let capacity = layout.capacity(tokens, from: first)
    owner = AlignedMemory(byteCount: layout.layers * layout.layerSize(capacity: capacity) * 4)
    memory = KeyValueMemory(base: owner.floats, capacity: capacity, layout: layout, keepsLayers: true, first: first)
  }

  /// What a cache for so many tokens takes.
  static func byteCount(tokens: Int, layout: KeyValueLayout) -> Int {
    layout.layers * layout.layerSize(capacity: layout.capacity(tokens)) * 4
  }
}
