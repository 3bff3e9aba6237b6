internal import CZlib

/// A deflated run of bytes on its way out: how far it has come, and zlib's state there.
///
/// A class, because zlib's state knows its own address and must be given back once; unchecked, because whoever holds
/// one uses it from one thread at a time.
final class InflateStream: @unchecked Sendable {
  /// How many bytes have come out.
  private(set) var position = 0
  /// How many bytes have gone in.
  private(set) var consumed = 0
  /// The CRC-32 of what has come out.
  private(set) var checksum: UInt = 0
  /// Whether the run has ended by its own account.
  private(set) var hasEnded = false

  private let stream: UnsafeMutablePointer<z_stream>

  /// Begins at the beginning; nil if zlib has no memory.
  init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard braid_inflate_init_raw(stream) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  /// Begins where another one is; nil if zlib has no memory.
  init?(copyOf other: InflateStream) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateCopy(stream, other.stream) == Z_OK else {
      stream.deallocate()
      return nil
    }
    position = other.position
    consumed = other.consumed
    checksum = other.checksum
    hasEnded = other.hasEnded
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Inflates until the room is full, the run ends or nothing more can come.
  ///
  /// - Parameter data: all deflated bytes.
  /// - Returns: how many bytes came out; nil if the data is not deflated data.
  func inflate(_ data: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int? {
    guard let input = data.bindMemory(to: UInt8.self).baseAddress, let output = room.baseAddress else { return 0 }
    var filled = 0
    while filled < room.count, !hasEnded {
      // zlib counts in 32 bits.
      let available = min(data.count - consumed, Self.largestStep)
      let wanted = min(room.count - filled, Self.largestStep)
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input + consumed)
      stream.pointee.avail_in = UInt32(available)
      stream.pointee.next_out = (output + filled).assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(wanted)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      let eaten = available - Int(stream.pointee.avail_in)
      let made = wanted - Int(stream.pointee.avail_out)
      checksum = crc32(checksum, (output + filled).assumingMemoryBound(to: UInt8.self), UInt32(made))
      consumed += eaten
      filled += made
      position += made
      switch status {
      case Z_STREAM_END: hasEnded = true
      case Z_OK where eaten > 0 || made > 0: continue
      case Z_OK, Z_BUF_ERROR: return filled
      default: return nil
      }
    }
    return filled
  }

  private static let largestStep = 1 << 30
}
