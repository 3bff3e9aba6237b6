internal import CHDF5Listing
internal import Tensors

/// Reads the records of a listing; every function is nil where the bytes end or make no sense.
struct HDF5RecordReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func byte() -> UInt8? { number() }

  mutating func uint64() -> UInt64? { number() }

  mutating func text() -> String? { block().map { String(decoding: $0, as: UTF8.self) } }

  mutating func note() -> HDF5Listing.Note? {
    guard let path = text(), let text = text() else { return nil }
    return HDF5Listing.Note(path: path, text: text)
  }

  mutating func dataset() -> HDF5Listing.Dataset? {
    guard let path = text(), let type = byte(), let dtype = DType(hdf5: type), let isBigEndian = byte(),
      let rank = byte(), let shape = numbers(Int(rank)), let fill = block(), let kind = byte()
    else { return nil }
    let storage: HDF5Listing.Storage?
    switch braid_hdf5_storage(UInt32(kind)) {
    case BRAID_HDF5_NOWHERE: storage = .nowhere
    case BRAID_HDF5_CONTIGUOUS:
      guard let offset: UInt64 = number(), let size: UInt64 = number() else { return nil }
      storage = .contiguous(offset: offset, size: size)
    case BRAID_HDF5_COMPACT: storage = block().map { .compact(Array($0)) }
    case BRAID_HDF5_CHUNKED: storage = chunked(rank: Int(rank))
    default: return nil
    }
    guard let storage else { return nil }
    return HDF5Listing.Dataset(
      path: path, dtype: dtype, isBigEndian: isBigEndian != 0, shape: shape, fillValue: Array(fill), storage: storage)
  }

  private mutating func chunked(rank: Int) -> HDF5Listing.Storage? {
    guard let extents = numbers(rank), let filterCount = byte() else { return nil }
    var filters: [HDF5Listing.Filter] = []
    for _ in 0..<filterCount {
      guard let number: UInt32 = number(), let name = text(), let count = byte() else { return nil }
      var values: [UInt32] = []
      for _ in 0..<count {
        guard let value: UInt32 = self.number() else { return nil }
        values.append(value)
      }
      filters.append(HDF5Listing.Filter(number: number, name: name, values: values))
    }
    guard let count: UInt64 = number() else { return nil }
    var chunks: [HDF5Listing.Chunk] = []
    // A count that the bytes do not bear out runs into their end.
    var next: UInt64 = 0
    while next < count {
      guard let corner = numbers(rank), let mask: UInt32 = number(), let offset: UInt64 = number(),
        let size: UInt64 = number()
      else { return nil }
      chunks.append(HDF5Listing.Chunk(corner: corner, mask: mask, offset: offset, size: size))
      next += 1
    }
    return .chunked(extents: extents, filters: filters, chunks: chunks)
  }

  // MARK: Pieces

  private mutating func number<Number: FixedWidthInteger>() -> Number? {
    let size = Number.bitWidth / 8
    guard size <= bytes.count - position else { return nil }
    defer { position += size }
    return bytes.loadUnaligned(fromByteOffset: position, as: Number.self)
  }

  private mutating func numbers(_ count: Int) -> [UInt64]? {
    guard count <= (bytes.count - position) / 8 else { return nil }
    defer { position += count * 8 }
    return (0..<count).map { bytes.loadUnaligned(fromByteOffset: position + $0 * 8, as: UInt64.self) }
  }

  mutating func block() -> UnsafeRawBufferPointer? {
    guard let length: UInt32 = number(), Int(length) <= bytes.count - position else { return nil }
    defer { position += Int(length) }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
  }
}

extension DType {
  /// The dtype of an element type in a listing, or nil.
  init?(hdf5 type: UInt8) {
    guard let dtype = Self.allCases.first(where: { $0.hdf5.rawValue == UInt32(type) }) else { return nil }
    self = dtype
  }

  /// The element type in a listing.
  var hdf5: braid_hdf5_type {
    switch self {
    case .bool: BRAID_HDF5_BOOL
    case .uint8: BRAID_HDF5_UINT8
    case .int8: BRAID_HDF5_INT8
    case .uint16: BRAID_HDF5_UINT16
    case .int16: BRAID_HDF5_INT16
    case .uint32: BRAID_HDF5_UINT32
    case .int32: BRAID_HDF5_INT32
    case .uint64: BRAID_HDF5_UINT64
    case .int64: BRAID_HDF5_INT64
    case .float8E4M3: BRAID_HDF5_FLOAT8_E4M3
    case .float8E5M2: BRAID_HDF5_FLOAT8_E5M2
    case .float16: BRAID_HDF5_FLOAT16
    case .bfloat16: BRAID_HDF5_BFLOAT16
    case .float32: BRAID_HDF5_FLOAT32
    case .float64: BRAID_HDF5_FLOAT64
    }
  }
}
