internal import CKernels
internal import Kernels

/// How the keys and values of a model are laid out in memory.
struct KeyValueLayout: Sendable {
  var layers: Int
  var heads: Int
  var headSize: Int

  /// The distance of one value from the next: the head's size rounded up, so that loops need no remainder.
  var valueStride: Int { (headSize + Self.lanes - 1) / Self.lanes * Self.lanes }
  /// The tokens that there is room for when so many are asked for.
  func capacity(_ tokens: Int) -> Int { (tokens + Self.lanes - 1) / Self.lanes * Self.lanes }
  /// Elements per layer.
  func layerSize(capacity: Int) -> Int { heads * capacity * (headSize + valueStride) }

  private static let lanes = Int(BRAID_LM_LANES)
}

/// Room for the keys and values of one sequence, for all layers or for one layer at a time.
///
/// Per layer and head: the keys in panels of 16, see `braid_lm_attention`, then the values by rows.
struct KeyValueMemory: @unchecked Sendable {
  // The pointer is valid while the owner of the memory, a workspace or an `AlignedMemory`, lives; lanes write to heads
  // and rows of their own.
  let base: UnsafeMutablePointer<Float>
  let capacity: Int
  let layout: KeyValueLayout
  /// Elements from one layer to the next; zero if layers take turns.
  let layerStride: Int

  /// Room in memory that someone else owns.
  init(base: UnsafeMutablePointer<Float>, capacity: Int, layout: KeyValueLayout, keepsLayers: Bool) {
    self.base = base
    self.capacity = capacity
    self.layout = layout
    layerStride = keepsLayers ? layout.layerSize(capacity: capacity) : 0
  }

  func keys(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    base + layer * layerStride + head * capacity * (layout.headSize + layout.valueStride)
  }

  func values(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    keys(layer: layer, head: head) + capacity * layout.headSize
  }

  /// Writes the key and the value of one token.
  func store(layer: Int, head: Int, token: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>) {
    let lanes = Int(BRAID_LM_LANES)
    let panel = keys(layer: layer, head: head) + token / lanes * lanes * layout.headSize
    braid_lm_store_key(key, layout.headSize, panel + token % lanes)
    let row = values(layer: layer, head: head) + token * layout.valueStride
    row.update(from: value, count: layout.headSize)
    for i in layout.headSize..<layout.valueStride { row[i] = 0 }
  }
}

/// The keys and values of a sequence that goes on over several passes.
final class KeyValueCache: Sendable {
  let memory: KeyValueMemory
  private let owner: AlignedMemory

  init(tokens: Int, layout: KeyValueLayout) {
    let capacity = layout.capacity(tokens)
    owner = AlignedMemory(byteCount: Self.byteCount(tokens: tokens, layout: layout))
    memory = KeyValueMemory(base: owner.floats, capacity: capacity, layout: layout, keepsLayers: true)
  }

  /// What a cache for so many tokens takes.
  static func byteCount(tokens: Int, layout: KeyValueLayout) -> Int {
    layout.layers * layout.layerSize(capacity: layout.capacity(tokens)) * 4
  }
}
