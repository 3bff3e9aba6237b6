internal import CZlib

/// A step that a chunk's bytes went through when they were written, and that reading undoes.
enum ChunkFilter: Hashable {
  /// Compression by zlib.
  case deflate
  /// All first bytes of elements, then all second bytes, and so on.
  case shuffle(elementSize: Int)
  /// A checksum behind the bytes.
  case fletcher32

  /// What users call the stored form; nil if the bytes stay recognisable.
  var word: String? {
    switch self {
    case .deflate: "deflated"
    case .shuffle: "shuffled"
    case .fletcher32: nil
    }
  }

  /// How long the checksum is.
  static let checksumLength = 4
  /// The most that a byte of zlib's can stand for: its longest match, 258 bytes, takes two bits.
  static let highestDeflateRatio = 1032

  /// Undoes filters, the last one first, so that `size` bytes come out.
  static func undo(_ filters: [ChunkFilter], _ stored: UnsafeRawBufferPointer, size: Int) throws(DecodingError)
    -> [UInt8]
  {
    var bytes: [UInt8]?
    for (number, filter) in filters.enumerated().reversed() {
      // Checksums that were added earlier are still among the bytes.
      let expected = size + filters[..<number].count { $0 == .fletcher32 } * checksumLength
      if let current = bytes {
        bytes = try current.withBytes { (buffer) throws(DecodingError) in try filter.undo(buffer, size: expected) }
      } else {
        bytes = try filter.undo(stored, size: expected)
      }
    }
    let result = bytes ?? Array(stored)
    guard result.count == size else {
      throw DecodingError(found: "a chunk of \(result.count) bytes", expected: "\(size)")
    }
    return result
  }

  private func undo(_ bytes: UnsafeRawBufferPointer, size: Int) throws(DecodingError) -> [UInt8] {
    switch self {
    case .deflate: try Self.inflate(bytes, size: size)
    case .shuffle(let elementSize): Self.unshuffle(bytes, elementSize: elementSize)
    case .fletcher32: try Self.withoutChecksum(bytes)
    }
  }

  // MARK: zlib

  private static func inflate(_ bytes: UnsafeRawBufferPointer, size: Int) throws(DecodingError) -> [UInt8] {
    // zlib counts in 32 bits.
    guard bytes.count <= Int(UInt32.max), size <= Int(UInt32.max) else {
      throw DecodingError(found: "a chunk of \(size) bytes", expected: "less than 4 GiB")
    }
    var stream = z_stream()
    guard braid_inflate_init_zlib(&stream) == Z_OK else { throw DecodingError(found: "no memory to inflate a chunk") }
    defer { inflateEnd(&stream) }
    var status = Z_DATA_ERROR
    let result = [UInt8](unsafeUninitializedCapacity: size) { room, count in
      stream.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
      stream.avail_in = UInt32(bytes.count)
      stream.next_out = room.baseAddress
      stream.avail_out = UInt32(size)
      status = CZlib.inflate(&stream, Z_FINISH)
      count = size - Int(stream.avail_out)
    }
    guard status == Z_STREAM_END, result.count == size else {
      let found =
        status == Z_STREAM_END
        ? "a compressed chunk of \(result.count) bytes"
        : status == Z_BUF_ERROR && stream.avail_in > 0
          ? "a compressed chunk of more than \(size) bytes" : "a chunk that zlib cannot inflate"
      throw DecodingError(found: found, expected: "\(size) bytes")
    }
    return result
  }

  // MARK: Shuffled bytes

  private static func unshuffle(_ bytes: UnsafeRawBufferPointer, elementSize: Int) -> [UInt8] {
    let count = elementSize > 0 ? bytes.count / elementSize : 0
    guard elementSize > 1, count > 1 else { return Array(bytes) }
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { room, filled in
      for byte in 0..<elementSize {
        let plane = byte * count
        for element in 0..<count { room[element * elementSize + byte] = bytes[plane + element] }
      }
      // What does not make up an element stays at the end.
      for rest in count * elementSize..<bytes.count { room[rest] = bytes[rest] }
      filled = bytes.count
    }
  }

  // MARK: Checksums

  private static func withoutChecksum(_ bytes: UnsafeRawBufferPointer) throws(DecodingError) -> [UInt8] {
    guard bytes.count >= checksumLength else {
      throw DecodingError(found: "a chunk of \(bytes.count) bytes", expected: "a checksum at its end")
    }
    let data = UnsafeRawBufferPointer(rebasing: bytes.dropLast(checksumLength))
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: data.count, as: UInt32.self))
    let sum = fletcher32(data)
    // Libraries before 1.6.3 swapped the bytes of each half on some machines; the reference accepts both forms.
    let swapped = (sum & 0x00FF_00FF) << 8 | sum >> 8 & 0x00FF_00FF
    guard stored == sum || stored == swapped else {
      throw DecodingError(found: "a chunk whose checksum does not fit its bytes")
    }
    return Array(data)
  }

  /// Fletcher's checksum over 16-bit words, most significant byte first, an odd byte at the end counting as high byte.
  static func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var first: UInt32 = 0
    var second: UInt32 = 0
    var next = 0
    while next < bytes.count {
      // As many words as fit before the sums could overflow.
      let end = min(next + 720, bytes.count)
      while next < end {
        let low = next + 1 < bytes.count ? UInt32(bytes[next + 1]) : 0
        first &+= UInt32(bytes[next]) << 8 | low
        second &+= first
        next += 2
      }
      first = (first & 0xFFFF) + first >> 16
      second = (second & 0xFFFF) + second >> 16
    }
    first = (first & 0xFFFF) + first >> 16
    second = (second & 0xFFFF) + second >> 16
    return second << 16 | first
  }
}
