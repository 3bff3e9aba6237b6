internal import Kernels
private import Synchronization
internal import Tensors

/// The largest error that each change of an element's type has made.
///
/// A class, because many threads write to it.
public final class RoundingErrors: Sendable {
  /// What one kind of change has cost at worst.
  public struct Entry: Hashable, Sendable {
    /// What the elements were.
    public var from: String
    /// What they became.
    public var to: String
    /// The largest difference between an element and what was stored for it.
    public var largest: Double
    /// How many finite elements became infinite, or NaN where there is no infinity.
    public var overflows: Int
    /// The tensor in which the largest difference was found.
    public var tensor: String
  }

  private let layout: CheckpointLayout
  private let state = Mutex<[Int: RoundingCost]>([:])

  init(_ layout: CheckpointLayout) { self.layout = layout }

  /// What has been found so far, sorted by types.
  public var entries: [Entry] {
    var entries: [[String]: Entry] = [:]
    for (tensor, cost) in state.withLock({ $0 }) {
      let (from, to) = (layout.tensors[tensor].dtype.rawValue, layout.placements[tensor].form.elements.name)
      let name = layout.tensors[tensor].name
      var entry = entries[[from, to]] ?? Entry(from: from, to: to, largest: -1, overflows: 0, tensor: name)
      // Of equal errors the first name counts, so that the order of the threads does not show.
      if cost.largest > entry.largest || cost.largest == entry.largest && name < entry.tensor {
        entry.largest = cost.largest
        entry.tensor = name
      }
      entry.overflows += cost.overflows
      entries[[from, to]] = entry
    }
    return entries.values.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
  }

  func take(_ cost: RoundingCost, tensor: Int) { state.withLock { $0[tensor, default: RoundingCost()].add(cost) } }
}
