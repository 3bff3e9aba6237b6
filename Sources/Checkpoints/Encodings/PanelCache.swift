private import Synchronization

/// Runs of elements that were collected last from deflated bytes in which they lie scattered.
///
/// Every row of a column-major array takes something from nearly all of its bytes, and deflate only goes forward: for
/// each slab of rows all of it would be inflated again. So one pass collects a panel of many rows, which is kept until
/// others need the room: an array of up to a panel's size is inflated once, a larger one once per panel.
///
/// A class, because all readers share what is kept.
final class PanelCache: Sendable {
  /// The one cache: what is kept is bounded for the program, not for each file.
  static let shared = PanelCache()

  /// The size of a panel in bytes.
  static let panelSize = 32 << 20
  /// How many panels are kept: one for each of two arrays that are read side by side.
  private static let panelCount = 2

  /// Which panel of the arrays in the same bytes it is: views of one storage share those.
  struct Key: Hashable {
    /// The part of the inflated bytes that the array is in.
    var part: Range<Int>
    /// The size of an element.
    var elementSize: Int
    /// Where the array has its elements.
    var places: StridedElements
    /// The elements of the panel.
    var elements: Range<Int>
  }

  /// A panel being made or made; who comes second waits.
  final class Panel: Sendable {
    fileprivate let owner: DeflatedBytes
    fileprivate let key: Key
    private let bytes = Mutex<[UInt8]?>(nil)

    fileprivate init(owner: DeflatedBytes, key: Key) {
      self.owner = owner
      self.key = key
    }

    /// Calls `body` with the panel's bytes, which `make` collects if nobody has yet.
    func withBytes(
      _ make: () throws(DecodingError) -> [UInt8], _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(DecodingError) {
      let result: Result<Void, DecodingError> = bytes.withLock { known in
        do throws(DecodingError) {
          let bytes = if let known { known } else { try make() }
          known = bytes
          bytes.withUnsafeBytes(body)
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      try result.get()
    }
  }

  /// The latest last.
  private let panels = Mutex<[Panel]>([])

  /// The panel of an array in these bytes.
  func panel(_ key: Key, of owner: DeflatedBytes) -> Panel {
    panels.withLock { panels in
      let known = panels.firstIndex { $0.owner === owner && $0.key == key }
      let panel = known.map { panels.remove(at: $0) } ?? Panel(owner: owner, key: key)
      if panels.count >= Self.panelCount { panels.removeFirst() }
      panels.append(panel)
      return panel
    }
  }
}
