internal import CHDF5Listing
package import Tensors

/// An HDF5 file that is complete but for its elements: what to write where, and where the elements belong.
package struct HDF5Skeleton {
  /// Bytes of the file that hold no elements.
  package struct Piece: Equatable {
    /// Where in the file.
    package var offset: Int
    /// What is there.
    package var bytes: [UInt8]
  }

  /// What is written in front of, between and behind the elements; everything else is zero.
  package let pieces: [Piece]
  /// Where the elements of each tensor belong, in the order in which they were asked for: row-major, little endian.
  package let data: [Range<Int>]
  /// The length of the file.
  package let fileSize: Int

  /// Makes a file with one dataset per tensor, named by the tensor's path.
  ///
  /// The same arguments give the same bytes: no times are stored.
  ///
  /// - Parameter donor: an HDF5 file, from its signature on, whose groups and attributes the new one gets, except
  ///   those of an optimizer; nil for groups as the paths need them.
  package static func make(
    _ tensors: [TensorDescription], donor: UnsafeRawBufferPointer? = nil
  ) throws(HDF5ListingError) -> HDF5Skeleton {
    var wanted: [UInt8] = []
    for tensor in tensors {
      guard tensor.shape.dimensions.count <= 32, tensor.name.utf8.count < 4096 else {
        throw HDF5ListingError(
          path: tensor.name, found: "a tensor of \(tensor.shape.dimensions.count) extents",
          expected: "at most 32, and a name of less than 4096 bytes")
      }
      append(UInt32(tensor.name.utf8.count), to: &wanted)
      wanted += tensor.name.utf8
      wanted.append(UInt8(tensor.dtype.hdf5.rawValue))
      wanted.append(UInt8(tensor.shape.dimensions.count))
      for extent in tensor.shape.dimensions { append(UInt64(extent), to: &wanted) }
    }
    return try HDF5Library.make(wanted, donor: donor) { result throws(HDF5ListingError) in
      try HDF5Skeleton(of: tensors, result)
    }
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number) { bytes += $0 }
  }

  private init(of tensors: [TensorDescription], _ result: UnsafeRawBufferPointer) throws(HDF5ListingError) {
    let nonsense = HDF5ListingError(found: "something that the HDF5 library makes nonsense of")
    var reader = HDF5RecordReader(result)
    let kind = reader.byte().map { braid_hdf5_record(UInt32($0)) }
    if kind == BRAID_HDF5_FAULT, let note = reader.note() { throw HDF5ListingError(found: note.text) }
    guard kind == BRAID_HDF5_DATASET else { throw nonsense }
    var data: [Range<Int>] = []
    for tensor in tensors {
      guard let offset = reader.uint64() else { throw nonsense }
      // Without elements there is no place.
      let start = tensor.byteCount == 0 ? 0 : Int(exactly: offset)
      guard let start, case let (end, overflow) = start.addingReportingOverflow(tensor.byteCount), !overflow else {
        throw nonsense
      }
      data.append(start..<end)
    }
    guard let size = reader.uint64().flatMap({ Int(exactly: $0) }), let count = reader.uint64() else { throw nonsense }
    guard data.allSatisfy({ $0.upperBound <= size }) else { throw nonsense }
    var pieces: [Piece] = []
    for _ in 0..<count {
      guard let offset = reader.uint64().flatMap({ Int(exactly: $0) }), let bytes = reader.block() else {
        throw nonsense
      }
      pieces.append(Piece(offset: offset, bytes: Array(bytes)))
    }
    self.data = data
    self.pieces = Self.clear(pieces, of: data)
    fileSize = size
  }

  /// The pieces without the bytes where elements belong, so that both can be written in any order.
  private static func clear(_ pieces: [Piece], of data: [Range<Int>]) -> [Piece] {
    let taken = data.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    var result: [Piece] = []
    var next = 0
    for piece in pieces {
      var start = piece.offset
      let end = piece.offset + piece.bytes.count
      func keep(through stop: Int) {
        guard stop > start else { return }
        result.append(Piece(offset: start, bytes: Array(piece.bytes[start - piece.offset..<stop - piece.offset])))
      }
      while next < taken.count, taken[next].upperBound <= start { next += 1 }
      var index = next
      while index < taken.count, taken[index].lowerBound < end {
        keep(through: taken[index].lowerBound)
        start = max(start, min(end, taken[index].upperBound))
        index += 1
      }
      keep(through: end)
    }
    return result
  }
}
