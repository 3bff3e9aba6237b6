internal import Documents
internal import Tensors

/// Turns the entries of a safetensors header into an index, one by one, and checks that together they fill the file.
struct SafetensorsHeaderReader {
  let file: String
  /// The bytes of the header in the file; offsets of data count from its end.
  let header: Range<Int>
  /// How many bytes follow the header.
  let dataLength: Int

  private var entries: [Entry] = []
  private var metadata: [Metadatum] = []

  private struct Entry {
    var description: TensorDescription
    var data: Range<Int>
    /// Where in the file the entry states its offsets.
    var position: Int
  }

  init(file: String, header: Range<Int>, dataLength: Int) {
    self.file = file
    self.header = header
    self.dataLength = dataLength
  }

  /// Takes the next entry of the header.
  mutating func read(_ member: JSONMember) throws(FormatError) {
    if member.key == "__metadata__" {
      metadata = try readMetadata(member)
    } else {
      guard entries.count < Safetensors.maximumTensors else {
        throw failure(
          at: member.keyRange, nil, "more than \(Safetensors.maximumTensors) tensors",
          expected: "at most so many in one file")
      }
      entries.append(try readTensor(member))
    }
  }

  // MARK: Entries

  private func readTensor(_ member: JSONMember) throws(FormatError) -> Entry {
    let name = member.key
    guard let fields = member.node.object else {
      throw failure(at: member.node, name, "\(member.node.kind)", expected: "an object that describes the tensor")
    }
    for field in fields where !["dtype", "shape", "data_offsets"].contains(field.key) {
      throw failure(
        at: field.keyRange, name, "the unknown field \(PrintableText.quoted(field.key))",
        expected: "only dtype, shape and data_offsets")
    }
    let dtype = try readDType(try field("dtype", of: member), name)
    let shape = try readShape(try field("shape", of: member), name)
    let offsets = try field("data_offsets", of: member)
    let data = try readOffsets(offsets, name)

    guard let count = shape.checkedElementCount,
      case let (byteCount, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount), !overflow
    else {
      throw failure(
        at: member.node["shape"] ?? member.node, name, "the shape \(shape), whose size overflows",
        expected: "a tensor of at most \(dataLength) bytes")
    }
    guard byteCount == data.count else {
      throw failure(
        at: offsets, name,
        "\(data.count) bytes of data (\(data.lowerBound) to \(data.upperBound)), "
          + "but \(dtype.safetensorsName) \(shape) takes \(byteCount)",
        expected: "an end at \(data.lowerBound.addingReportingOverflow(byteCount).partialValue)")
    }
    return Entry(
      description: TensorDescription(name: name, dtype: dtype, shape: shape), data: data,
      position: header.lowerBound + offsets.range.lowerBound)
  }

  private func field(_ key: String, of member: JSONMember) throws(FormatError) -> JSONNode {
    guard let node = member.node[key] else {
      throw failure(at: member.node, member.key, "no \(key)", expected: "dtype, shape and data_offsets")
    }
    return node
  }

  private func readDType(_ node: JSONNode, _ name: String) throws(FormatError) -> DType {
    guard let text = node.string else { throw failure(at: node, name, "\(node.kind) as dtype", expected: "a string") }
    guard let dtype = DType(safetensorsName: text) else {
      throw failure(
        at: node, name, "the unknown dtype \(PrintableText.quoted(text))", expected: DType.safetensorsChoices(for: text)
      )
    }
    return dtype
  }

  private func readShape(_ node: JSONNode, _ name: String) throws(FormatError) -> Shape {
    guard let elements = node.array else {
      throw failure(at: node, name, "\(node.kind) as shape", expected: "a list of lengths")
    }
    guard elements.count <= Safetensors.maximumRank else {
      throw failure(
        at: node, name, "a shape of \(elements.count) extents", expected: "at most \(Safetensors.maximumRank)")
    }
    var dimensions: [Int] = []
    dimensions.reserveCapacity(elements.count)
    for element in elements {
      dimensions.append(try readNatural(element, name, "a length in the shape"))
    }
    return Shape(dimensions)
  }

  private func readOffsets(_ node: JSONNode, _ name: String) throws(FormatError) -> Range<Int> {
    guard let elements = node.array, elements.count == 2 else {
      let found = node.array.map { "\($0.count) numbers" } ?? node.kind
      throw failure(at: node, name, "\(found) as data_offsets", expected: "a start and an end")
    }
    let begin = try readNatural(elements[0], name, "the start of the data")
    let end = try readNatural(elements[1], name, "the end of the data")
    guard begin <= end else {
      throw failure(at: node, name, "data that ends at \(end), before it starts at \(begin)")
    }
    guard end <= dataLength else {
      throw failure(
        at: node, name, "data from \(begin) to \(end), but only \(dataLength) bytes follow the header",
        expected: "an end at \(dataLength) at the most")
    }
    return begin..<end
  }

  private func readNatural(_ node: JSONNode, _ name: String, _ what: String) throws(FormatError) -> Int {
    guard let number = node.int, number >= 0 else {
      let found =
        if case .number(let digits) = node.value { String(digits.prefix(40)) } else { node.kind }
      throw failure(at: node, name, "\(found) as \(what)", expected: "a whole number from 0 to \(Int.max)")
    }
    return number
  }

  private func readMetadata(_ member: JSONMember) throws(FormatError) -> [Metadatum] {
    guard let members = member.node.object else {
      throw failure(at: member.node, nil, "\(member.node.kind) as __metadata__", expected: "an object of strings")
    }
    var result: [Metadatum] = []
    for entry in members {
      guard let text = entry.node.string else {
        throw failure(
          at: entry.node, nil, "\(entry.node.kind) as \(PrintableText.quoted(entry.key)) of __metadata__",
          expected: "a string")
      }
      result.append(Metadatum(key: entry.key, value: text))
    }
    return result
  }

  // MARK: The whole

  /// The index, once the entries are seen to fill the data without overlap or hole.
  mutating func finish() throws(FormatError) -> FileIndex {
    // Stable, so that empty tensors keep the order of the header.
    let sorted = entries.enumerated().sorted { a, b in
      (a.element.data.lowerBound, a.element.data.upperBound, a.offset)
        < (b.element.data.lowerBound, b.element.data.upperBound, b.offset)
    }.map(\.element)
    var end = 0
    var last: String?
    for entry in sorted {
      if entry.data.lowerBound != end {
        let overlaps = entry.data.lowerBound < end
        let found =
          overlaps
          ? "data from \(entry.data.lowerBound), inside that of tensor \(PrintableText.quoted(last ?? ""))"
          : "a hole of \(entry.data.lowerBound - end) bytes in front of the data"
        throw FormatError(
          file: file, format: Safetensors.name, offset: entry.position, tensor: entry.description.name, found: found,
          expected: "data from \(end)")
      }
      end = entry.data.upperBound
      last = entry.description.name
    }
    guard end == dataLength else {
      throw FormatError(
        file: file, format: Safetensors.name, offset: header.upperBound + end, tensor: nil,
        found: "\(dataLength - end) bytes after the data of the last tensor", expected: "the end of the file")
    }
    let start = header.upperBound
    let tensors = sorted.map { entry in
      StoredTensor(
        description: entry.description,
        encoding: .contiguous(start + entry.data.lowerBound..<start + entry.data.upperBound))
    }
    return FileIndex(tensors: tensors, metadata: metadata)
  }

  private func failure(
    at node: JSONNode, _ tensor: String?, _ found: String, expected: String? = nil
  ) -> FormatError {
    failure(at: node.range, tensor, found, expected: expected)
  }

  private func failure(
    at range: Range<Int>, _ tensor: String?, _ found: String, expected: String? = nil
  ) -> FormatError {
    FormatError(
      file: file, format: Safetensors.name, offset: header.lowerBound + range.lowerBound, tensor: tensor, found: found,
      expected: expected)
  }
}
