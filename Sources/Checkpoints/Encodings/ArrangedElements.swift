internal import Tensors

/// Elements that lie elsewhere than row-major order has them, in another byte order, or inside compressed bytes.
struct ArrangedElements: ElementDecoder {
  /// Where the stored elements are.
  let source: StoredBytes
  /// The size of an element in bytes.
  let elementSize: Int
  /// Whether an element's bytes come most significant first.
  let isBigEndian: Bool
  /// Where each element is among the stored ones.
  let places: StridedElements

  private let elementCount: Int

  /// Describes an arrangement; nil if an element would lie outside the stored bytes.
  init?(
    source: StoredBytes, elementSize: Int, isBigEndian: Bool = false, shape: Shape, first: Int = 0,
    strides: [Int]? = nil
  ) {
    guard let count = shape.checkedElementCount, elementSize > 0, count <= Int.max / elementSize,
      let places = StridedElements(shape: shape.dimensions, first: first, strides: strides)
    else { return nil }
    if let last = places.last, last >= source.count / elementSize { return nil }
    self.source = source
    self.elementSize = elementSize
    self.isBigEndian = isBigEndian && elementSize > 1
    self.places = places
    elementCount = count
  }

  var storage: String {
    var words = source.storage.map { [$0] } ?? []
    if isBigEndian { words.append("big-endian") }
    if !places.isRowMajor { words.append("strided") }
    return words.isEmpty ? "stored" : words.joined(separator: ", ")
  }

  var storedBytes: Range<Int>? { source.storedBytes }

  /// The plain encoding if that is what this is: elements in row-major order, little endian, uncompressed.
  var encoding: TensorEncoding {
    guard case .file(let range) = source, places.isRowMajor, !isBigEndian else { return .decoded(self) }
    let start = range.lowerBound + places.first * elementSize
    return .contiguous(start..<start + elementCount * elementSize)
  }

  func read(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    guard !elements.isEmpty, let base = destination.baseAddress else { return }
    if places.isRowMajor {
      let start = (places.first + elements.lowerBound) * elementSize
      try source.read(start..<start + elements.count * elementSize, of: file, into: destination)
    } else if case .deflated(let bytes, let part) = source {
      try copyPanels(elements, inflatedFrom: bytes, part, of: file, into: destination)
    } else {
      try gather(elements, of: file, into: base)
    }
    if isBigEndian { swapBytes(destination) }
  }

  /// Collects elements from stored bytes, one piece of them after another.
  private func gather(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into base: UnsafeMutableRawPointer
  ) throws(DecodingError) {
    let span = places.spanning(elements) ?? places.first..<places.first + 1
    let bytes = span.lowerBound * elementSize..<span.upperBound * elementSize
    for piece in source.pieces(of: bytes, elementSize: elementSize) {
      try source.withBytes(piece, of: file) { bytes, start throws(DecodingError) in
        guard let stored = bytes.baseAddress else { return }
        places.gather(
          elements, size: elementSize, in: piece.lowerBound / elementSize..<piece.upperBound / elementSize,
          from: stored + (piece.lowerBound - start), into: base)
      }
    }
  }

  /// Copies elements out of the panels that they are in.
  private func copyPanels(
    _ elements: Range<Int>, inflatedFrom bytes: DeflatedBytes, _ part: Range<Int>, of file: UnsafeRawBufferPointer,
    into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    let length = max(1, PanelCache.panelSize / elementSize)
    for number in elements.lowerBound / length...(elements.upperBound - 1) / length {
      let range = (number * length..<(number + 1) * length).clamped(to: 0..<elementCount)
      let wanted = range.clamped(to: elements)
      let target = UnsafeMutableRawBufferPointer(
        rebasing: destination[
          (wanted.lowerBound - elements.lowerBound) * elementSize..<(wanted.upperBound - elements.lowerBound)
            * elementSize])
      let start = (wanted.lowerBound - range.lowerBound) * elementSize
      let key = PanelCache.Key(part: part, elementSize: elementSize, places: places, elements: range)
      try PanelCache.shared.panel(key, of: bytes).withBytes { () throws(DecodingError) in
        try collected(range, of: file)
      } _: { panel in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: panel[start..<start + target.count]))
      }
    }
  }

  private func collected(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer
  ) throws(DecodingError) -> [UInt8] {
    var failure: DecodingError?
    let bytes = [UInt8](unsafeUninitializedCapacity: elements.count * elementSize) { room, count in
      guard let base = room.baseAddress else { return }
      do throws(DecodingError) {
        try gather(elements, of: file, into: base)
        count = room.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private func swapBytes(_ bytes: UnsafeMutableRawBufferPointer) {
    for start in stride(from: 0, to: bytes.count, by: elementSize) {
      for i in 0..<elementSize / 2 { bytes.swapAt(start + i, start + elementSize - 1 - i) }
    }
  }
}
