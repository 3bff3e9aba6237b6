internal import CHDF5Listing
internal import Tensors

/// What the HDF5 library says is in a file; offsets count from the file's signature and nothing has been checked.
struct HDF5Listing {
  /// A dataset whose elements are numbers.
  struct Dataset {
    var path: String
    var dtype: DType
    var isBigEndian: Bool
    var shape: [UInt64]
    /// The value of elements that are not stored; empty for zero.
    var fillValue: [UInt8]
    var storage: Storage
  }

  /// Where a dataset's elements are.
  enum Storage {
    case nowhere
    case contiguous(offset: UInt64, size: UInt64)
    case compact([UInt8])
    case chunked(extents: [UInt64], filters: [Filter], chunks: [Chunk])
  }

  /// A step that chunks went through when they were written.
  struct Filter {
    var number: UInt32
    var name: String
    var values: [UInt32]
  }

  /// A stored chunk.
  struct Chunk {
    var corner: [UInt64]
    var mask: UInt32
    var offset: UInt64
    var size: UInt64
  }

  /// A text about an object.
  struct Note {
    var path: String
    var text: String
  }

  var datasets: [Dataset] = []
  var attributes: [(path: String, name: String, value: String)] = []
  /// What is there and is no tensor.
  var remarks: [Note] = []
  /// What makes the file unreadable.
  var faults: [Note] = []

  /// Lists a file.
  init(of bytes: UnsafeRawBufferPointer) throws(HDF5ListingError) {
    self = try HDF5Library.list(bytes) { listing throws(HDF5ListingError) in
      // The process that wrote it may have gone astray over a damaged file: it is as untrusted as the file.
      guard let listing = HDF5Listing(records: listing) else {
        throw HDF5ListingError(found: "something that the HDF5 library lists as nonsense")
      }
      return listing
    }
  }

  private init?(records bytes: UnsafeRawBufferPointer) {
    var reader = HDF5RecordReader(bytes)
    while let kind = reader.byte() {
      switch braid_hdf5_record(UInt32(kind)) {
      case BRAID_HDF5_END: return
      case BRAID_HDF5_DATASET:
        guard let dataset = reader.dataset() else { return nil }
        datasets.append(dataset)
      case BRAID_HDF5_ATTRIBUTE:
        guard let path = reader.text(), let name = reader.text(), let value = reader.text() else { return nil }
        attributes.append((path, name, value))
      case BRAID_HDF5_REMARK:
        guard let note = reader.note() else { return nil }
        remarks.append(note)
      case BRAID_HDF5_FAULT:
        guard let note = reader.note() else { return nil }
        faults.append(note)
      default: return nil
      }
    }
    return nil
  }
}
