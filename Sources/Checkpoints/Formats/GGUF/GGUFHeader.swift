internal import Documents
internal import Tensors

/// Everything in front of a GGUF file's elements; it must not outlive the bytes that it was read from.
struct GGUFHeader {
  let metadata: GGUFMetadata
  /// The table of tensors, in its own order.
  let tensors: [Entry]
  /// Where elements may begin: at multiples of this number.
  let alignment: Int
  /// The byte that offsets of elements count from.
  let dataStart: Int

  /// What the table says about a tensor.
  struct Entry {
    var description: TensorDescription
    var kind: GGUFKind
    /// The elements' bytes, counted from the start of the data.
    var data: Range<Int>
    /// Where in the file the table states the offset.
    var position: Int
  }

  init(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) {
    var cursor = GGUFCursor(bytes, file: file)
    try Self.readVersion(&cursor)
    // A name's length, a number of extents, a kind and an offset; a key's length, a type and a byte.
    let tensorCount = try cursor.count("tensors", each: 24)
    let valueCount = try cursor.count("metadata values", each: 13)
    var metadata = GGUFMetadata(bytes)
    for _ in 0..<valueCount {
      let start = cursor.offset
      let key = try cursor.name("a key")
      let type = try cursor.type()
      guard metadata.add(key, try cursor.value(of: type, key: key)) else {
        throw cursor.failure(at: start, "the key \(PrintableText.quoted(key)) a second time")
      }
    }
    self.metadata = metadata
    alignment = try Self.alignment(metadata, cursor)
    var tensors: [Entry] = []
    tensors.reserveCapacity(tensorCount)
    for _ in 0..<tensorCount { tensors.append(try Self.readEntry(&cursor, alignment: alignment)) }
    self.tensors = tensors
    dataStart = (cursor.offset + alignment - 1) & ~(alignment - 1)
  }

  private static func readVersion(_ cursor: inout GGUFCursor) throws(FormatError) {
    guard GGUF.recognizes(cursor.bytes) else {
      throw cursor.failure(at: 0, "no GGUF signature", expected: "the letters GGUF")
    }
    cursor.skip(GGUF.magic.count)
    let start = cursor.offset
    let version = try cursor.number("the version", as: UInt32.self)
    guard !GGUF.versions.contains(version) else { return }
    let found =
      version & 0xFFFF == 0 && GGUF.versions.contains(version.byteSwapped)
      ? "version \(version.byteSwapped) in big-endian order" : "version \(version)"
    throw cursor.failure(at: start, found, expected: "version 2 or 3 in little-endian order")
  }

  private static func alignment(_ metadata: GGUFMetadata, _ cursor: GGUFCursor) throws(FormatError) -> Int {
    guard let value = metadata["general.alignment"] else { return GGUF.defaultAlignment }
    guard case .unsigned(let number) = value, number <= UInt64(UInt32.max), number.nonzeroBitCount == 1 else {
      throw cursor.failure(
        at: cursor.offset, "\(PrintableText.of(metadata.text(of: value))) as general.alignment",
        expected: "a power of two")
    }
    return Int(number)
  }

  private static func readEntry(_ cursor: inout GGUFCursor, alignment: Int) throws(FormatError) -> Entry {
    let name = try cursor.name("a tensor's name")
    let place = cursor.offset
    let rank = try cursor.number("the number of a tensor's extents", as: UInt32.self)
    guard rank <= UInt32(GGUF.maximumRank) else {
      throw cursor.failure(at: place, tensor: name, "\(rank) extents", expected: "at most \(GGUF.maximumRank)")
    }
    var extents: [Int] = []
    for _ in 0..<rank {
      let start = cursor.offset
      let extent = try cursor.number("an extent of a tensor", as: UInt64.self)
      guard let extent = Int(exactly: extent) else {
        throw cursor.failure(at: start, tensor: name, "an extent of \(extent)", expected: "at most \(Int.max)")
      }
      extents.append(extent)
    }
    let kindPlace = cursor.offset
    let number = try cursor.number("the kind of a tensor", as: UInt32.self)
    guard let kind = GGUFKind(number: number) else {
      throw cursor.failure(
        at: kindPlace, tensor: name, GGUFKind.description(of: number), expected: "one of " + GGUFKind.choices)
    }
    // The extent that varies fastest comes first in the file.
    let shape = Shape(extents.reversed())
    let block = kind.block
    guard shape.rowLength % block.elements == 0 else {
      throw cursor.failure(
        at: place, tensor: name, "rows of \(shape.rowLength) elements",
        expected: "a multiple of \(block.elements), as blocks of this kind have")
    }
    guard let count = shape.checkedElementCount,
      !count.multipliedReportingOverflow(by: kind.dtype.byteCount).overflow,
      case let (size, overflow) = (count / block.elements).multipliedReportingOverflow(by: block.bytes), !overflow
    else { throw cursor.failure(at: place, tensor: name, "the shape \(shape), whose size overflows") }
    let offsetPlace = cursor.offset
    let offset = try cursor.number("the offset of a tensor", as: UInt64.self)
    guard offset % UInt64(alignment) == 0 else {
      throw cursor.failure(
        at: offsetPlace, tensor: name, "elements at \(offset)", expected: "a multiple of \(alignment)")
    }
    guard let start = Int(exactly: offset), case let (end, tooFar) = start.addingReportingOverflow(size), !tooFar else {
      throw cursor.failure(at: offsetPlace, tensor: name, "elements at \(offset), far outside the file")
    }
    return Entry(
      description: TensorDescription(name: name, dtype: kind.dtype, shape: shape), kind: kind, data: start..<end,
      position: offsetPlace)
  }

  /// The tensors in the order of their elements, once they are seen to lie in the file and beside each other.
  func storedTensors(file: String) throws(FormatError) -> [StoredTensor] {
    // Stable, so that empty tensors keep the order of the table.
    let sorted = tensors.enumerated().sorted { a, b in
      (a.element.data.lowerBound, a.element.data.upperBound, a.offset)
        < (b.element.data.lowerBound, b.element.data.upperBound, b.offset)
    }.map(\.element)
    var names: Set<String> = []
    var end = 0
    var last = ""
    var stored: [StoredTensor] = []
    stored.reserveCapacity(sorted.count)
    for entry in sorted {
      let name = entry.description.name
      func failure(_ found: String, expected: String? = nil) -> FormatError {
        FormatError(
          file: file, format: GGUF.name, offset: entry.position, tensor: name, found: found, expected: expected)
      }
      guard names.insert(name).inserted else { throw failure("the name a second time") }
      guard entry.data.lowerBound >= end else {
        throw failure(
          "elements at \(entry.data.lowerBound), inside those of tensor \(PrintableText.quoted(last))",
          expected: "\(end) or more")
      }
      guard entry.data.upperBound <= metadata.bytes.count - dataStart else {
        throw failure(
          "elements up to \(entry.data.upperBound), but only \(max(0, metadata.bytes.count - dataStart)) bytes follow the header",
          expected: "a file that was written or downloaded completely")
      }
      let place = dataStart + entry.data.lowerBound..<dataStart + entry.data.upperBound
      let encoding: TensorEncoding =
        switch entry.kind {
        case .plain: .contiguous(place)
        case .blocks(let format): .decoded(BlockElements(format: format, blocks: place))
        }
      stored.append(StoredTensor(description: entry.description, encoding: encoding))
      end = entry.data.upperBound
      last = name
    }
    return stored
  }
}
