private import Synchronization
internal import Tensors

/// Memory for tensors of stages that are read in several passes, within a bound.
///
/// Allocated once and reused, because the first touch of fresh pages is slow. A class, because its buffers come back to
/// it.
final class KeptBytes: Sendable {
  private struct State {
    var free: [Buffer] = []
    var used = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: the most bytes that may be in use.
  init(limit: Int) { self.limit = limit }

  /// A buffer, or nil if there is no room for it.
  func take(_ byteCount: Int) -> Lease? {
    guard byteCount > 0 else { return nil }
    let buffer = state.withLock { state -> Buffer? in
      // A much larger buffer would better serve a larger tensor.
      let place = state.free.firstIndex { $0.bytes.count >= byteCount && $0.bytes.count <= byteCount * 2 }
      if let place { return state.free.remove(at: place) }
      while state.used + byteCount > limit, let dropped = state.free.popLast() { state.used -= dropped.bytes.count }
      guard byteCount <= limit, state.used + byteCount <= limit else { return nil }
      state.used += byteCount
      return Buffer(byteCount: byteCount)
    }
    return buffer.map { Lease($0, count: byteCount, owner: self) }
  }

  private func giveBack(_ buffer: Buffer) { state.withLock { $0.free.append(buffer) } }

  fileprivate final class Buffer: @unchecked Sendable {
    // Owned by one lease, or by the free list.
    let bytes: UnsafeMutableRawBufferPointer
    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }
    deinit { bytes.deallocate() }
  }

  /// A buffer in use; it comes back when this value goes.
  final class Lease: @unchecked Sendable {
    // Workers write to disjoint ranges, and all have written before any of them reads.
    private let buffer: Buffer
    private let owner: KeptBytes
    let bytes: UnsafeMutableRawBufferPointer

    fileprivate init(_ buffer: sending Buffer, count: Int, owner: KeptBytes) {
      self.buffer = buffer
      self.owner = owner
      bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[0..<count])
    }

    deinit { owner.giveBack(buffer) }
  }
}
