internal import Documents
internal import Tensors

/// Turns the tensors of a state dict into stored ones.
struct TorchTensors {
  let file: UntrustedBytes
  /// Where in the file the pickle begins, if it has a place there.
  let start: Int?

  /// How many bytes all tensors may have together. Views can repeat elements without end, and no disk holds a
  /// pebibyte.
  private static let maximumByteCount = 1 << 50

  /// The index of a file.
  ///
  /// - Parameter bytes: where the elements of a storage are.
  func index(
    of state: StateDict, heap: PickleHeap, bytes: (PickledStorage, String) throws(FormatError) -> StoredBytes
  ) throws(FormatError) -> FileIndex {
    var placed: [(tensor: StoredTensor, place: Int)] = []
    var names: Set<String> = []
    var total = 0
    for entry in state.entries {
      guard names.insert(entry.name).inserted else { throw fault(entry, "this name twice") }
      let storage = heap.storages[entry.tensor.storage]
      let source = try bytes(storage, entry.name)
      let stored = try self.stored(entry, in: source)
      total += stored.description.byteCount
      guard total <= Self.maximumByteCount else {
        throw fault(entry, "tensors of \(total) bytes and more", expected: "\(Self.maximumByteCount) at the most")
      }
      let first = entry.tensor.first.multipliedReportingOverflow(by: entry.tensor.element.size)
      let place = (source.storedBytes?.lowerBound ?? 0).addingReportingOverflow(first.overflow ? 0 : first.partialValue)
      placed.append((stored, place.partialValue))
    }
    // Stable, so that tensors that share elements keep the order of the state dict.
    let sorted = placed.enumerated().sorted {
      ($0.element.place, $0.offset) < ($1.element.place, $1.offset)
    }
    return FileIndex(tensors: sorted.map(\.element.tensor), metadata: state.remarks)
  }

  private func stored(_ entry: StateDict.Entry, in source: StoredBytes) throws(FormatError) -> StoredTensor {
    let tensor = entry.tensor
    guard let dtype = tensor.element.dtype else { throw fault(entry, "a tensor of \(tensor.element.name)") }
    let shape = Shape(tensor.shape)
    guard let count = shape.checkedElementCount, count <= Self.maximumByteCount / dtype.byteCount else {
      throw fault(entry, "the shape \(shape)", expected: "at most \(Self.maximumByteCount) bytes")
    }
    guard
      let elements = ArrangedElements(
        source: source, elementSize: dtype.byteCount, shape: shape, first: tensor.first, strides: tensor.strides)
    else {
      throw fault(
        entry, "the shape \(shape) with strides \(tensor.strides) from element \(tensor.first)",
        expected: "elements inside a storage of \(source.count / dtype.byteCount)")
    }
    return StoredTensor(
      description: TensorDescription(name: entry.name, dtype: dtype, shape: shape), encoding: elements.encoding)
  }

  private func fault(_ entry: StateDict.Entry, _ found: String, expected: String? = nil) -> FormatError {
    file.fault(at: start.map { $0 + entry.tensor.position }, tensor: entry.name, found, expected: expected)
  }
}
