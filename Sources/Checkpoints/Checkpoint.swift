internal import Documents
public import Tensors

/// The weights of a model on disk: one weight file or many, read in place.
///
/// Opening reads headers only. Elements may lie at any address, aligned or not; readers that need alignment copy.
public struct Checkpoint: TensorSource {
  /// The path that was opened.
  public let path: String
  /// The weight files, in the order in which the index lists their tensors.
  public let files: [WeightFile]
  /// What can be read, file after file in the order of the bytes.
  public let index: TensorIndex
  /// The path of the list of shards, if there is one.
  public let weightMapPath: String?

  /// The name of the files' format.
  public var format: String { files.first?.format ?? "" }
  /// The format of the files.
  var reader: (any CheckpointFormat.Type)? { CheckpointFormats.all.first { $0.name == format } }

  private let places: [String: Place]

  /// Where a tensor is stored.
  private struct Place: Sendable {
    var file: Int
    var encoding: TensorEncoding
  }

  /// Opens the checkpoint at a path: a model folder, a single weight file, or a list of shards.
  public static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
    switch try CheckpointLocation(path: path) {
    case .file(let file): try Checkpoint(path: path, files: [WeightFile(path: file)], weightMapPath: nil)
    case .files(let files):
      try Checkpoint(
        path: path, files: files.map { (file) throws(CheckpointError) in try WeightFile(path: file) },
        weightMapPath: nil)
    case .shards(let list): try openShards(path: path, list: list)
    }
  }

  private static func openShards(path: String, list: String) throws(CheckpointError) -> Checkpoint {
    let map = try WeightMap(path: list)
    let folder = Path.folder(of: list)
    var files: [WeightFile] = []
    for shard in Set(map.entries.map(\.shard)).sorted() {
      let place = Path.join(folder, shard)
      guard FileStatus(path: place) != nil else {
        throw CheckpointError(
          .missing, path: place, "this shard is listed in \(Path.lastComponent(list)) but is not there",
          hint: "the download or the copy of the model is incomplete")
      }
      files.append(try WeightFile(path: place))
    }
    let checkpoint = try Checkpoint(path: path, files: files, weightMapPath: list)
    try checkpoint.check(against: map, in: folder)
    return checkpoint
  }

  private init(path: String, files: [WeightFile], weightMapPath: String?) throws(CheckpointError) {
    var tensors: [TensorDescription] = []
    var places: [String: Place] = [:]
    for (number, file) in files.enumerated() {
      for tensor in file.contents.tensors {
        let name = tensor.description.name
        if let other = places.updateValue(Place(file: number, encoding: tensor.encoding), forKey: name) {
          throw CheckpointError(
            .inconsistent, path: file.path,
            "the tensor \(PrintableText.quoted(name)) is also in \(files[other.file].name)")
        }
        tensors.append(tensor.description)
      }
    }
    self.path = path
    self.files = files
    self.weightMapPath = weightMapPath
    self.places = places
    index = TensorIndex(tensors)
  }

  /// Checks that list and shards name the same tensors in the same places.
  private func check(against map: WeightMap, in folder: String) throws(CheckpointError) {
    for (tensor, shard) in map.entries {
      guard let place = places[tensor] else {
        throw CheckpointError(
          .inconsistent, path: map.path,
          "the list has the tensor \(PrintableText.quoted(tensor)) in \(shard), but that file has no such tensor")
      }
      guard files[place.file].path == Path.join(folder, shard) else {
        throw CheckpointError(
          .inconsistent, path: map.path,
          "the list has the tensor \(PrintableText.quoted(tensor)) in \(shard), but it is in \(files[place.file].name)")
      }
    }
    if map.entries.count < places.count {
      let listed = Set(map.entries.map(\.tensor))
      let stray = index.tensors.first { !listed.contains($0.name) }
      throw CheckpointError(
        .inconsistent, path: map.path,
        "the list lacks the tensor \(PrintableText.quoted(stray?.name ?? "")), which is in one of its shards")
    }
  }

  // MARK: Reading

  /// Copies elements out of the mapping; what was copied does not stay resident.
  public func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let description = try checkRequest(tensor, elements: range, into: destination)
    guard let place = places[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    let weights = files[place.file]
    switch place.encoding {
    case .contiguous(let stored):
      let start = stored.lowerBound + range.lowerBound * description.dtype.byteCount
      let part = start..<start + destination.count
      destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: weights.file.bytes[part]))
      if part.count >= Self.smallestRelease { weights.file.release(part) }
    case .decoded(let decoder):
      do throws(DecodingError) {
        try decoder.read(range, of: weights.file.bytes, into: destination)
      } catch {
        throw CheckpointError(
          FormatError(
            file: weights.path, format: weights.format, offset: error.offset, tensor: tensor, found: error.found,
            expected: error.expected))
      }
      // Which bytes were touched only the decoder knows; what is read again comes back from the page cache.
      if destination.count >= Self.smallestRelease, let stored = decoder.storedBytes { weights.file.release(stored) }
    }
  }

  /// Below this many bytes a copied range stays resident: the call would cost more than it gives back.
  private static let smallestRelease = 1 << 20

  /// The tensor's bytes in the mapped file.
  public func region(of tensor: String) throws -> TensorRegion? {
    guard let place = places[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    guard case .contiguous(let stored) = place.encoding else { return nil }
    let file = files[place.file].file
    return TensorRegion(bytes: UnsafeRawBufferPointer(rebasing: file.bytes[stored]), owner: file) { range in
      file.release(stored.lowerBound + range.lowerBound..<stored.lowerBound + range.upperBound)
    }
  }

  /// The file that a tensor is stored in, the bytes that it takes there if they are one run, and what its stored form
  /// is called if the elements are not simply there; nil if there is no such tensor.
  public func location(of tensor: String) -> (file: WeightFile, bytes: Range<Int>?, storage: String?)? {
    guard let place = places[tensor] else { return nil }
    return (files[place.file], place.encoding.storedBytes, place.encoding.storage)
  }
}
