internal import Synchronization

/// The chunks of a file that were decompressed last.
///
/// A slab of rows touches every chunk beside it, and the next slab most of them again; without a cache a chunk of a
/// hundred rows would be decompressed for each slab of a few.
final class ChunkCache: Sendable {
  /// How many bytes are kept: a row of chunks as h5py lays them out comes to a few megabytes, and several threads read
  /// several tensors.
  private static let capacity = 64 << 20

  private struct Contents {
    /// Chunks by where they begin in the file.
    var chunks: [Int: [UInt8]] = [:]
    /// The same, the oldest first, from `oldest` on.
    var order: [Int] = []
    var oldest = 0
    var byteCount = 0
  }

  private let contents = Mutex(Contents())

  /// The chunk stored at this offset, or what `make` makes of it. Two threads may make the same one at once.
  func chunk(at offset: Int, _ make: () throws(DecodingError) -> [UInt8]) throws(DecodingError) -> [UInt8] {
    if let known = contents.withLock({ $0.chunks[offset] }) { return known }
    let bytes = try make()
    guard bytes.count <= Self.capacity / 8 else { return bytes }
    contents.withLock { contents in
      guard contents.chunks.updateValue(bytes, forKey: offset) == nil else { return }
      contents.order.append(offset)
      contents.byteCount += bytes.count
      while contents.byteCount > Self.capacity {
        contents.byteCount -= contents.chunks.removeValue(forKey: contents.order[contents.oldest])?.count ?? 0
        contents.oldest += 1
      }
      // What is gone from the front is cut off now and then, so that no removal costs more than its share.
      if contents.oldest > contents.order.count / 2 {
        contents.order.removeFirst(contents.oldest)
        contents.oldest = 0
      }
    }
    return bytes
  }
}
