internal import Synchronization

/// Deflated bytes of a file that can be read from anywhere.
///
/// Deflate only goes forward, so states are kept along the way as reading gets there, and a read begins at the last
/// one in front of its range. Reads that go on where an earlier one stopped inflate nothing twice. The stated size is
/// a limit and no more: data that ends early, goes on, or has another checksum is an error once reading finds out.
///
/// A class, because the kept states belong to the bytes and are shared by all readers.
final class DeflatedBytes: Sendable {
  /// Where the deflated bytes lie in the file.
  let data: Range<Int>
  /// How many bytes there are after inflating.
  let count: Int
  private let checksum: UInt32
  private let spacing: Int
  private let state = Mutex(State())

  private struct State {
    /// Copies at multiples of the spacing, by multiple.
    var kept: [Int: InflateStream] = [:]
    /// Streams that stopped in the middle, oldest first.
    var paused: [InflateStream] = []
  }

  /// A state takes some 40 kB, so that at this distance they add one percent, and going on from one takes some 10 ms.
  private static let smallestSpacing = 4 << 20
  /// How many states are kept at the most: 10 MB of them.
  private static let largestStateCount = 256
  /// How many readers can go on where they stopped.
  private static let largestPausedCount = 4
  /// What is skipped passes through a buffer of this size.
  private static let skipSize = 64 << 10

  /// Describes deflated bytes; nothing is inflated yet.
  init(data: Range<Int>, count: Int, checksum: UInt32) {
    self.data = data
    self.count = count
    self.checksum = checksum
    spacing = max(Self.smallestSpacing, count / Self.largestStateCount)
  }

  /// Inflates a range.
  func read(
    _ range: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    guard !range.isEmpty else { return }
    let input = UnsafeRawBufferPointer(rebasing: file[data])
    let stream = try nearest(to: range.lowerBound)
    if stream.position < range.lowerBound {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.skipSize, alignment: 16)
      defer { buffer.deallocate() }
      while stream.position < range.lowerBound {
        let step = min(buffer.count, range.lowerBound - stream.position)
        try advance(stream, input, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<step]))
      }
    }
    try advance(stream, input, into: destination)
    if stream.position == count {
      try finish(stream, input)
    } else {
      pause(stream)
    }
  }

  /// The stream that is least far in front of a place, to be used by the caller alone.
  private func nearest(to place: Int) throws(DecodingError) -> InflateStream {
    let found = state.withLock { state -> InflateStream? in
      let paused = state.paused.indices.filter { state.paused[$0].position <= place }
        .max { state.paused[$0].position < state.paused[$1].position }
      let multiple = stride(from: place / spacing, to: 0, by: -1).first { state.kept[$0] != nil } ?? 0
      if let paused, state.paused[paused].position >= multiple * spacing { return state.paused.remove(at: paused) }
      return state.kept[multiple].map { InflateStream(copyOf: $0) } ?? InflateStream()
    }
    guard let found else { throw DecodingError(offset: data.lowerBound, found: "no memory left to inflate with") }
    return found
  }

  /// Fills a room with what comes next, and keeps a state at every multiple of the spacing.
  private func advance(
    _ stream: InflateStream, _ input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    var filled = 0
    while filled < room.count {
      let untilNext = spacing - stream.position % spacing
      let step = min(room.count - filled, untilNext)
      let made = stream.inflate(input, into: UnsafeMutableRawBufferPointer(rebasing: room[filled..<filled + step]))
      guard let made else {
        throw DecodingError(offset: data.lowerBound + stream.consumed, found: "data that is not deflated data")
      }
      guard made == step else {
        throw DecodingError(
          offset: data.lowerBound + stream.consumed, found: "deflated data that ends after \(stream.position) bytes",
          expected: "\(count) bytes")
      }
      filled += made
      if stream.position % spacing == 0, stream.position < count { keep(stream) }
    }
  }

  private func keep(_ stream: InflateStream) {
    let multiple = stream.position / spacing
    state.withLock { state in
      if state.kept[multiple] == nil { state.kept[multiple] = InflateStream(copyOf: stream) }
    }
  }

  private func pause(_ stream: InflateStream) {
    state.withLock { state in
      state.paused.append(stream)
      if state.paused.count > Self.largestPausedCount { state.paused.removeFirst() }
    }
  }

  /// Checks that the data ends where it should and was what it should be.
  private func finish(_ stream: InflateStream, _ input: UnsafeRawBufferPointer) throws(DecodingError) {
    let more = withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { stream.inflate(input, into: $0) }
    guard more == 0, stream.hasEnded else {
      throw DecodingError(
        offset: data.lowerBound + stream.consumed, found: "deflated data that goes on after \(count) bytes",
        expected: "its end")
    }
    guard stream.checksum == UInt(checksum) else {
      throw DecodingError(
        offset: data.lowerBound, found: "content with the checksum \(String(stream.checksum, radix: 16))",
        expected: String(checksum, radix: 16))
    }
  }
}
