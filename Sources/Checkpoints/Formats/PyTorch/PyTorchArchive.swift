internal import Documents

/// What `torch.save` writes since version 1.6, and TorchScript programs: a zip archive with a pickle, `data.pkl`, and
/// one entry per storage, all in one folder.
struct PyTorchArchive {
  private let file: UntrustedBytes
  private let directory: ZipDirectory
  private let folder: String

  /// The name of the pickle's entry.
  private static let pickleName = "/data.pkl"
  /// How long a pickle may be. A tensor takes some 150 bytes of it.
  private static let maximumPickle = 64 << 20

  /// Whether bytes are such an archive: by the first entry, which `torch.save` makes the pickle, else by the directory.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = ZipDirectory.firstName(of: bytes) else { return false }
    if isPickle(first) { return true }
    let directory = try? ZipDirectory(of: UntrustedBytes(bytes: bytes, file: "", format: ""))
    return directory?.entries.contains { isPickle($0.name) } ?? false
  }

  private static func isPickle(_ name: String) -> Bool {
    name.hasSuffix(pickleName) && name.utf8.count { $0 == UInt8(ascii: "/") } == 1
  }

  /// Reads the directory and finds the pickle in it.
  init(_ file: UntrustedBytes) throws(FormatError) {
    directory = try ZipDirectory(of: file)
    let pickles = directory.entries.filter { Self.isPickle($0.name) }
    guard pickles.count == 1, let pickle = pickles.first else {
      throw file.fault(
        at: pickles.dropFirst().first?.header ?? 0, "an archive with \(pickles.count) entries named data.pkl",
        expected: "one, as torch.save writes it")
    }
    self.file = file
    folder = String(pickle.name.dropLast(Self.pickleName.count))
  }

  /// The tensors of the archive.
  func index() throws(FormatError) -> FileIndex {
    var index = try readIndex()
    index.checksums = directory.entries.compactMap(\.checked)
    return index
  }

  private func readIndex() throws(FormatError) -> FileIndex {
    try checkByteOrder()
    guard let entry = directory[folder + Self.pickleName] else { throw file.fault(at: 0, "no data.pkl") }
    guard entry.size <= Self.maximumPickle else {
      throw file.fault(
        at: entry.header, "a pickle of \(entry.size) bytes", expected: "\(Self.maximumPickle) at the most")
    }
    if !entry.isDeflated, let bytes = file.slice(at: entry.data.lowerBound, count: entry.size) {
      try entry.check(file)
      return try index(pickle: bytes, start: entry.data.lowerBound)
    }
    return try entry.prefix(entry.size, of: file).withBytes { bytes throws(FormatError) in
      try index(pickle: bytes, start: nil)
    }
  }

  private func index(pickle: UnsafeRawBufferPointer, start: Int?) throws(FormatError) -> FileIndex {
    let bytes = UntrustedBytes(bytes: pickle, file: file.file, format: file.format)
    var machine = PickleMachine(bytes, start: start, isScript: directory[folder + "/constants.pkl"] != nil)
    let root = try machine.run()
    let state = try StateDict(root, heap: machine.heap, start: start, file: file)
    var contents: [String: StoredBytes] = [:]
    return try TorchTensors(file: file, start: start).index(of: state, heap: machine.heap) {
      (storage, tensor) throws(FormatError) in
      // Once per storage, so that tensors that share deflated bytes share what was inflated.
      if contents[storage.key] == nil { contents[storage.key] = try content(of: storage, tensor) }
      let content = contents[storage.key] ?? .literal([])
      let size = storage.count * storage.element.size
      guard content.count == size else {
        throw file.fault(
          at: content.storedBytes?.lowerBound, tensor: tensor,
          "storage \(PrintableText.quoted(storage.key)) of \(content.count) bytes", expected: "\(size) bytes")
      }
      return content
    }
  }

  private func content(of storage: PickledStorage, _ tensor: String) throws(FormatError) -> StoredBytes {
    if let entry = directory[folder + "/data/" + storage.key] { return entry.content }
    throw file.fault(
      tensor: tensor, "no entry for storage \(PrintableText.quoted(storage.key))",
      expected: "\(PrintableText.quoted(folder + "/data/" + storage.key)) in the archive")
  }

  private func checkByteOrder() throws(FormatError) {
    // Files before version 2.1 have no such entry and are little-endian unless they come from rare machines.
    guard let entry = directory[folder + "/byteorder"] else { return }
    let order = String(decoding: try entry.prefix(16, of: file), as: UTF8.self)
    guard order == "little" else {
      throw file.fault(
        at: entry.data.lowerBound, "elements in the byte order \(PrintableText.quoted(order))", expected: "little")
    }
  }
}
