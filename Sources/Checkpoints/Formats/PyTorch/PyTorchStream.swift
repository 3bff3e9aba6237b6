internal import Documents

/// What `torch.save` wrote before version 1.6: pickles one after another (a magic number, a version, the machine, the
/// object, the names of the storages) and then the storages, each a count and its elements.
struct PyTorchStream {
  let file: UntrustedBytes

  /// `MAGIC_NUMBER` of torch.serialization.
  private static let magic = "1950a86a20f9469cfc6c"
  /// `PROTOCOL_VERSION` of torch.serialization.
  private static let version = 1001

  /// Whether bytes begin as a pickle of a protocol with a header does.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 2 && bytes[0] == PickleOpcode.protocolVersion.rawValue && (2...5).contains(bytes[1])
  }

  /// The tensors of the file.
  func index() throws(FormatError) -> FileIndex {
    var position = 0
    guard case .large(Self.magic)? = try? run(&position).root else {
      throw file.fault(
        at: 0, "a pickle that torch.save did not write", expected: "a file that begins with PyTorch's magic number")
    }
    let versionPosition = position
    let version = try run(&position).root
    guard case .number(Self.version) = version else {
      throw file.fault(at: versionPosition, "a version other than \(Self.version)")
    }
    try checkMachine(&position)
    let (root, heap) = try run(&position)
    let keysPosition = position
    let (list, keysHeap) = try run(&position)
    guard let keys = keysHeap.elements(of: list)?.compactMap(\.text) else {
      throw file.fault(at: keysPosition, "\(list.kind)", expected: "the list of the storages")
    }
    let places = try readStorages(keys, from: &position, storages: heap.storages)
    let state = try StateDict(root, heap: heap, start: 0, file: file)
    return try TorchTensors(file: file, start: 0).index(of: state, heap: heap) {
      (storage, tensor) throws(FormatError) in
      guard let place = places[storage.key], place.count == storage.count * storage.element.size else {
        throw file.fault(
          at: places[storage.key]?.lowerBound, tensor: tensor,
          "storage \(PrintableText.quoted(storage.key)), which is not in the file with \(storage.count) elements")
      }
      let start = place.lowerBound + storage.part.lowerBound * storage.element.size
      return .file(start..<start + storage.part.count * storage.element.size)
    }
  }

  private func run(_ position: inout Int) throws(FormatError) -> (root: PickleValue, heap: PickleHeap) {
    var machine = PickleMachine(file, at: position, start: 0)
    let root = try machine.run()
    position = machine.position
    return (root, machine.heap)
  }

  private func checkMachine(_ position: inout Int) throws(FormatError) {
    let place = position
    let (machine, heap) = try run(&position)
    guard case .truth(let isLittle)? = heap.value(of: machine, for: "little_endian") else {
      throw file.fault(at: place, "no word about the byte order", expected: "what torch.save says about the machine")
    }
    guard isLittle else {
      throw file.fault(at: place, "elements in big-endian byte order", expected: "little-endian ones")
    }
  }

  /// Finds the elements of every storage.
  private func readStorages(
    _ keys: [String], from position: inout Int, storages: [PickledStorage]
  ) throws(FormatError) -> [String: Range<Int>] {
    let known = Dictionary(storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    var places: [String: Range<Int>] = [:]
    for key in keys {
      guard let storage = known[key], places[key] == nil else {
        throw file.fault(at: position, "storage \(PrintableText.quoted(key)), which no tensor has or which came before")
      }
      guard let count = file.uint64(at: position) else {
        throw file.fault(at: position, "no storage \(PrintableText.quoted(key)) here", expected: "a complete file")
      }
      let start = position + 8
      guard count == storage.count, count * storage.element.size <= file.count - start else {
        throw file.fault(
          at: position,
          "storage \(PrintableText.quoted(key)) of \(count) elements where \(file.count - start) bytes follow",
          expected: "\(storage.count) elements of \(storage.element.size) bytes")
      }
      position = start + count * storage.element.size
      places[key] = start..<position
    }
    guard position == file.count else {
      throw file.fault(
        at: position, "\(file.count - position) bytes after the last storage", expected: "the end of the file")
    }
    return places
  }
}
