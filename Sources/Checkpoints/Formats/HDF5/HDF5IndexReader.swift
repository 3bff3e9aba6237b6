internal import Documents
internal import Tensors

/// Turns a listing into an index, and checks every place and size in it against the file.
struct HDF5IndexReader {
  let file: String
  /// The bytes of the file that the listing's offsets count in.
  let part: Range<Int>
  let listing: HDF5Listing
  /// Shared by all tensors of the file.
  private let cache = ChunkCache()

  init(file: String, part: Range<Int>, listing: HDF5Listing) {
    self.file = file
    self.part = part
    self.listing = listing
  }

  /// Tensors may be at most this much larger than a file of nothing but zlib's best compression.
  private static let freeBytes = 64 << 20
  /// The largest chunk that is decompressed. Those of Keras and h5py are below a megabyte; a whole embedding has been
  /// seen as one chunk.
  private static let largestChunk = 1 << 30
  /// Groups at the top of a Keras file that hold the optimizer's state.
  private static let optimizerGroups = ["optimizer", "optimizer_weights"]

  /// Where the elements of a tensor are, for the check that no two tensors share bytes.
  private struct Place {
    var bytes: Range<Int>
    var tensor: Int
  }

  /// The index of what was listed.
  func read() throws(FormatError) -> FileIndex {
    if let fault = listing.faults.first {
      throw failure(fault.path.isEmpty ? nil : fault.path, fault.text)
    }
    var tensors: [StoredTensor] = []
    var places: [Place] = []
    var metadata = listing.attributes.map { attribute in
      Metadatum(
        key: attribute.path.isEmpty ? attribute.name : attribute.path + "/" + attribute.name, value: attribute.value)
    }
    metadata += listing.remarks.map { Metadatum(key: $0.path, value: "not a tensor: " + $0.text) }
    var leftOut: [String: Int] = [:]
    for dataset in listing.datasets {
      let group = String(dataset.path.prefix { $0 != "/" })
      if group != dataset.path, Self.optimizerGroups.contains(group) {
        leftOut[group, default: 0] += 1
        continue
      }
      tensors.append(try read(dataset, number: tensors.count, &places))
    }
    metadata += leftOut.sorted { $0.key < $1.key }.map {
      Metadatum(key: $0.key, value: "left out: \($0.value) datasets of an optimizer's state")
    }
    return FileIndex(tensors: try inOrder(tensors, places), metadata: metadata)
  }

  // MARK: Datasets

  private func read(
    _ dataset: HDF5Listing.Dataset, number: Int, _ places: inout [Place]
  ) throws(FormatError) -> StoredTensor {
    let dimensions = dataset.shape.map { Int(exactly: $0) }
    let shape = Shape(dimensions.map { $0 ?? .max })
    guard !dimensions.contains(nil), let count = shape.checkedElementCount,
      case let (byteCount, overflow) = count.multipliedReportingOverflow(by: dataset.dtype.byteCount), !overflow,
      byteCount <= Self.freeBytes + part.count.multipliedReportingOverflow(by: ChunkFilter.highestDeflateRatio).0
    else {
      throw failure(dataset.path, "a shape of \(dataset.shape), more than a file of \(part.count) bytes can hold")
    }
    let encoding: TensorEncoding
    switch dataset.storage {
    case .nowhere: encoding = .decoded(try chunked(dataset, shape, extents: shape.dimensions.map { max(1, $0) }))
    case .compact(let bytes):
      guard bytes.count == byteCount else {
        throw failure(dataset.path, "\(bytes.count) bytes in the header", expected: "\(byteCount)")
      }
      encoding = arranged(dataset, shape, .literal(bytes))
    case .contiguous(let offset, let size):
      let range = try place(offset, size, in: dataset)
      guard range.count == byteCount else {
        throw failure(dataset.path, at: range.lowerBound, "\(range.count) bytes of data", expected: "\(byteCount)")
      }
      places.append(Place(bytes: range, tensor: number))
      encoding = arranged(dataset, shape, .file(range))
    case .chunked(let extents, let filters, let chunks):
      let elements = try chunked(dataset, shape, extents, filters, chunks)
      places += elements.chunks.values.map { Place(bytes: $0.bytes, tensor: number) }
      encoding = .decoded(elements)
    }
    return StoredTensor(
      description: TensorDescription(name: dataset.path, dtype: dataset.dtype, shape: shape), encoding: encoding)
  }

  private func arranged(_ dataset: HDF5Listing.Dataset, _ shape: Shape, _ source: StoredBytes) -> TensorEncoding {
    let elements = ArrangedElements(
      source: source, elementSize: dataset.dtype.byteCount, isBigEndian: dataset.isBigEndian, shape: shape)
    // The sizes agree, so that the arrangement is possible.
    return elements?.encoding ?? .contiguous(0..<0)
  }

  /// A range of the listing as one of the file.
  private func place(
    _ offset: UInt64, _ size: UInt64, in dataset: HDF5Listing.Dataset
  ) throws(FormatError) -> Range<Int> {
    guard let start = Int(exactly: offset), let count = Int(exactly: size), start <= part.count,
      count <= part.count - start
    else {
      throw failure(
        dataset.path, "\(size) bytes of data from byte \(offset) on", expected: "data inside the \(part.count) bytes")
    }
    return part.lowerBound + start..<part.lowerBound + start + count
  }

  // MARK: Chunks

  private func chunked(
    _ dataset: HDF5Listing.Dataset, _ shape: Shape, _ listed: [UInt64], _ filters: [HDF5Listing.Filter],
    _ chunks: [HDF5Listing.Chunk]
  ) throws(FormatError) -> ChunkedElements {
    let extents = listed.compactMap { Int(exactly: $0) }
    guard extents.count == shape.dimensions.count, extents.allSatisfy({ $0 > 0 }) else {
      throw failure(dataset.path, "chunks of \(listed)", expected: "extents above zero")
    }
    var steps: [ChunkFilter] = []
    for filter in filters { steps.append(try self.filter(filter, of: dataset)) }
    guard steps.count(where: { $0 == .deflate }) <= 1 else {
      throw failure(dataset.path, "chunks that were compressed more than once")
    }
    let grid = ChunkedElements.grid(shape.dimensions, extents)
    var stored: [Int: ChunkedElements.StoredChunk] = [:]
    for chunk in chunks {
      var number = 0
      for axis in grid.indices {
        let corner = Int(exactly: chunk.corner[axis]) ?? .max
        guard corner % extents[axis] == 0, corner / extents[axis] < grid[axis] else {
          throw failure(dataset.path, "a chunk at \(chunk.corner)", expected: "one in the grid of the chunks")
        }
        number = number * grid[axis] + corner / extents[axis]
      }
      let bytes = try place(chunk.offset, chunk.size, in: dataset)
      guard stored.updateValue(.init(bytes: bytes, skippedFilters: chunk.mask), forKey: number) == nil else {
        throw failure(dataset.path, at: bytes.lowerBound, "a second chunk at \(chunk.corner)")
      }
    }
    let elements = try self.chunked(dataset, shape, extents: extents, filters: steps, chunks: stored)
    try check(elements, of: dataset)
    return elements
  }

  private func chunked(
    _ dataset: HDF5Listing.Dataset, _ shape: Shape, extents: [Int], filters: [ChunkFilter] = [],
    chunks: [Int: ChunkedElements.StoredChunk] = [:]
  ) throws(FormatError) -> ChunkedElements {
    let size = dataset.dtype.byteCount
    let fillValue = dataset.fillValue.isEmpty ? [UInt8](repeating: 0, count: size) : dataset.fillValue
    guard
      let elements = ChunkedElements(
        elementSize: size, isBigEndian: dataset.isBigEndian, shape: shape.dimensions, extents: extents,
        filters: filters, chunks: chunks, fillValue: fillValue, cache: cache)
    else { throw failure(dataset.path, "chunks of \(Shape(extents)), whose size overflows") }
    return elements
  }

  /// Checks that chunks can hold what they should.
  private func check(_ elements: ChunkedElements, of dataset: HDF5Listing.Dataset) throws(FormatError) {
    let size = elements.chunkByteCount
    for chunk in elements.chunks.values {
      let place = chunk.bytes.lowerBound
      let active = elements.filters.indices.filter { chunk.skippedFilters & (1 << UInt32($0)) == 0 }
      if active.isEmpty {
        guard chunk.bytes.count == size else {
          throw failure(dataset.path, at: place, "a chunk of \(chunk.bytes.count) bytes", expected: "\(size)")
        }
        continue
      }
      let compressed = active.contains { elements.filters[$0] == .deflate }
      guard size <= Self.largestChunk, size / (compressed ? ChunkFilter.highestDeflateRatio : 1) <= chunk.bytes.count
      else {
        throw failure(
          dataset.path, at: place, "\(chunk.bytes.count) bytes for a chunk of \(size)",
          expected: "at most \(Self.largestChunk) bytes, and no less than zlib can make of them")
      }
    }
  }

  private func filter(
    _ filter: HDF5Listing.Filter, of dataset: HDF5Listing.Dataset
  ) throws(FormatError) -> ChunkFilter {
    // The numbers that the HDF Group has given out.
    switch filter.number {
    case 1: return .deflate
    case 2: return .shuffle(elementSize: filter.values.first.map(Int.init) ?? dataset.dtype.byteCount)
    case 3: return .fletcher32
    default:
      let known: [UInt32: String] = [
        4: "szip", 5: "nbit", 6: "scale-offset", 307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4",
        32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
      ]
      let name = known[filter.number] ?? PrintableText.quoted(filter.name.isEmpty ? "unknown" : filter.name)
      throw failure(
        dataset.path, "chunks written with the filter \(name) (number \(filter.number))",
        expected: "deflate, shuffle or fletcher32; h5repack can rewrite the file")
    }
  }

  // MARK: The whole

  /// The tensors in the order of their bytes, once no two of them are seen to share any.
  private func inOrder(_ tensors: [StoredTensor], _ places: [Place]) throws(FormatError) -> [StoredTensor] {
    var order = [Int](repeating: .max, count: tensors.count)
    var end = 0
    var last = 0
    for place in places.filter({ !$0.bytes.isEmpty }).sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound }) {
      guard place.bytes.lowerBound >= end else {
        throw failure(
          tensors[place.tensor].description.name, at: place.bytes.lowerBound,
          "data inside that of tensor \(PrintableText.quoted(tensors[last].description.name))")
      }
      end = place.bytes.upperBound
      last = place.tensor
      order[place.tensor] = min(order[place.tensor], place.bytes.lowerBound)
    }
    // What has no bytes of its own comes last, in the order of the paths.
    return tensors.indices.sorted { (order[$0], $0) < (order[$1], $1) }.map { tensors[$0] }
  }

  private func failure(
    _ tensor: String?, at offset: Int? = nil, _ found: String, expected: String? = nil
  ) -> FormatError {
    FormatError(file: file, format: HDF5.name, offset: offset, tensor: tensor, found: found, expected: expected)
  }
}
