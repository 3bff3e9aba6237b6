internal import Checkpoints
private import Foundation

/// Writes finished bands on threads of its own, so that computing never waits for a disk, within a fixed number of
/// buffers.
final class WriteBehind: @unchecked Sendable {
  // All mutable state is guarded by `condition`.

  /// A buffer whose `bytes` lie at the same place within a page as they will in the file.
  final class Buffer: @unchecked Sendable {
    // Owned by one thread at a time: a worker, the queue, a writer.
    fileprivate let memory: UnsafeMutableRawBufferPointer
    fileprivate(set) var bytes: UnsafeMutableRawBufferPointer
    fileprivate(set) var band: StoredBand

    fileprivate init(capacity: Int) {
      memory = .allocate(byteCount: capacity + WriteBehind.page, alignment: WriteBehind.page)
      bytes = memory
      band = StoredBand(tensor: 0, elements: 0..<0, fileOffset: 0, byteCount: 0)
    }

    deinit { memory.deallocate() }
  }

  static let page = 4096

  private let sink: any TensorSink
  private let condition = NSCondition()
  private var free: [Buffer]
  private var queue: [Buffer] = []
  private var missing: [Int: Int] = [:]
  private var busy = 0
  private var failure: (any Error)?
  private var closed = false

  /// Starts the writers.
  ///
  /// - Parameters:
  ///   - buffers: how many bands may be in flight, those being computed among them.
  ///   - capacity: the size of the largest band in bytes.
  init(sink: any TensorSink, buffers: Int, capacity: Int, writers: Int) {
    self.sink = sink
    free = (0..<buffers).map { _ in Buffer(capacity: capacity) }
    for _ in 0..<writers { Thread.detachNewThread { [self] in work() } }
  }

  /// A free buffer for a band, as soon as there is one.
  func take(_ band: StoredBand) throws -> Buffer {
    condition.lock()
    defer { condition.unlock() }
    while failure == nil, free.isEmpty { condition.wait() }
    if let failure { throw failure }
    let buffer = free.removeLast()
    buffer.band = band
    let lead = band.fileOffset % Self.page
    buffer.bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.memory[lead..<lead + band.byteCount])
    return buffer
  }

  /// Says how many bands a tensor has; must come before its bands.
  func expect(tensor: Int, bands: Int) {
    condition.withLock { missing[tensor] = bands }
  }

  /// Hands a computed band over to the writers.
  func submit(_ buffer: Buffer) {
    condition.withLock {
      queue.append(buffer)
      condition.broadcast()
    }
  }

  /// Waits until everything is written and stops the writers.
  func close() throws {
    condition.lock()
    defer { condition.unlock() }
    while busy > 0 || failure == nil && !queue.isEmpty { condition.wait() }
    closed = true
    queue = []
    condition.broadcast()
    if let failure { throw failure }
  }

  /// Stops the writers after an error elsewhere; returns when none of them is writing any more.
  func cancel() {
    condition.withLock {
      closed = true
      queue = []
      condition.broadcast()
      while busy > 0 { condition.wait() }
    }
  }

  private func work() {
    condition.lock()
    while true {
      while queue.isEmpty || failure != nil, !closed { condition.wait() }
      if queue.isEmpty { break }
      let buffer = queue.removeFirst()
      busy += 1
      condition.unlock()
      let result = Result { try write(buffer) }
      condition.lock()
      busy -= 1
      free.append(buffer)
      if case .failure(let error) = result, failure == nil { failure = error }
      condition.broadcast()
    }
    condition.unlock()
  }

  private func write(_ buffer: Buffer) throws {
    try sink.write(UnsafeRawBufferPointer(buffer.bytes), of: buffer.band)
    let tensor = buffer.band.tensor
    let complete = condition.withLock {
      let left = (missing[tensor] ?? 1) - 1
      missing[tensor] = left
      return left == 0
    }
    if complete { try sink.finished(tensor: tensor) }
  }
}
