internal import Tensors

/// Writes what stands in front of the elements of a GGUF file.
struct GGUFHeaderWriter {
  private var values: [UInt8] = []
  private var valueCount = 0
  private var table: [UInt8] = []
  private var tensorCount = 0
  private var dataEnd = 0

  // MARK: Metadata

  private mutating func begin(_ key: String, _ type: GGUFType) {
    valueCount += 1
    Self.append(key, to: &values)
    Self.append(type.rawValue, to: &values)
  }

  /// A whole number of 32 bits.
  mutating func add(_ key: String, _ number: UInt32) {
    begin(key, .uint32)
    Self.append(number, to: &values)
  }

  /// A whole number of 16 bits.
  mutating func add(_ key: String, _ number: UInt16) {
    begin(key, .uint16)
    Self.append(number, to: &values)
  }

  /// A whole number of 32 bits with a sign.
  mutating func add(_ key: String, _ number: Int32) {
    begin(key, .int32)
    Self.append(number, to: &values)
  }

  /// A number of single precision.
  mutating func add(_ key: String, _ number: Float) {
    begin(key, .float32)
    Self.append(number.bitPattern, to: &values)
  }

  /// A truth value.
  mutating func add(_ key: String, _ flag: Bool) {
    begin(key, .bool)
    values.append(flag ? 1 : 0)
  }

  /// A text.
  mutating func add(_ key: String, _ text: String) {
    begin(key, .string)
    Self.append(text, to: &values)
  }

  /// An array of texts.
  mutating func add(_ key: String, _ texts: [String]) {
    begin(key, .array)
    Self.append(GGUFType.string.rawValue, to: &values)
    Self.append(UInt64(texts.count), to: &values)
    for text in texts { Self.append(text, to: &values) }
  }

  /// An array of whole numbers of 32 bits.
  mutating func add(_ key: String, _ numbers: [Int32]) {
    begin(key, .array)
    Self.append(GGUFType.int32.rawValue, to: &values)
    Self.append(UInt64(numbers.count), to: &values)
    for number in numbers { Self.append(number, to: &values) }
  }

  /// An array of numbers of single precision.
  mutating func add(_ key: String, _ numbers: [Float]) {
    begin(key, .array)
    Self.append(GGUFType.float32.rawValue, to: &values)
    Self.append(UInt64(numbers.count), to: &values)
    for number in numbers { Self.append(number.bitPattern, to: &values) }
  }

  // MARK: Tensors

  /// Gives a tensor the next place, and says where that is, counted from the start of the data.
  mutating func add(tensor name: String, shape: Shape, elements: StoredForm.Elements, kind: UInt32) -> Int {
    tensorCount += 1
    Self.append(name, to: &table)
    Self.append(UInt32(shape.dimensions.count), to: &table)
    for extent in shape.dimensions.reversed() { Self.append(UInt64(extent), to: &table) }
    Self.append(kind, to: &table)
    let offset = dataEnd
    Self.append(UInt64(offset), to: &table)
    dataEnd = Self.aligned(offset + elements.byteCount(elements: shape.elementCount))
    return offset
  }

  /// Everything up to the first element, and the size of the data that follows.
  var finished: (header: [UInt8], dataByteCount: Int) {
    var header = GGUF.magic
    Self.append(GGUF.versions.upperBound, to: &header)
    Self.append(UInt64(tensorCount), to: &header)
    Self.append(UInt64(valueCount), to: &header)
    header += values
    header += table
    header += [UInt8](repeating: 0, count: Self.aligned(header.count) - header.count)
    return (header, dataEnd)
  }

  private static func aligned(_ offset: Int) -> Int {
    (offset + GGUF.defaultAlignment - 1) / GGUF.defaultAlignment * GGUF.defaultAlignment
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    bytes += text.utf8
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
