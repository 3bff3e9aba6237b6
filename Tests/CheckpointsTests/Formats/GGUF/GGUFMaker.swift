import Documents
import Tensors

/// Makes GGUF files of any metadata and of float32 tensors, without any knowledge of models.
struct GGUFMaker {
  private var values: [UInt8] = []
  private var valueCount = 0
  private var table: [UInt8] = []
  private var tensorCount = 0
  private var data: [UInt8] = []

  /// Adds a value by the name of its type.
  mutating func add(_ key: String, type: String, _ value: JSONNode) {
    let types = [
      "UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32", "BOOL", "STRING", "ARRAY", "UINT64", "INT64",
      "FLOAT64",
    ]
    valueCount += 1
    Self.append(key, to: &values)
    Self.append(UInt32(types.firstIndex(of: type) ?? 0), to: &values)
    switch type {
    case "UINT32": Self.append(UInt32(clamping: value.int ?? 0), to: &values)
    case "FLOAT32": Self.append(Float(value.double ?? 0).bitPattern, to: &values)
    case "BOOL": values.append(value.bool == true ? 1 : 0)
    default: Self.append(value.string ?? "", to: &values)
    }
  }

  /// Adds an array of texts.
  mutating func add(_ key: String, texts: [String]) {
    addArray(key, type: 8, count: texts.count)
    for text in texts { Self.append(text, to: &values) }
  }

  /// Adds an array of numbers of single precision.
  mutating func add(_ key: String, floats: [Float]) {
    addArray(key, type: 6, count: floats.count)
    for number in floats { Self.append(number.bitPattern, to: &values) }
  }

  /// Adds an array of whole numbers.
  mutating func add(_ key: String, integers: [Int32]) {
    addArray(key, type: 5, count: integers.count)
    for number in integers { Self.append(number, to: &values) }
  }

  private mutating func addArray(_ key: String, type: UInt32, count: Int) {
    valueCount += 1
    Self.append(key, to: &values)
    Self.append(UInt32(9), to: &values)
    Self.append(type, to: &values)
    Self.append(UInt64(count), to: &values)
  }

  /// Adds a float32 tensor.
  mutating func add(tensor name: String, shape: Shape, bytes: [UInt8]) {
    tensorCount += 1
    Self.append(name, to: &table)
    Self.append(UInt32(shape.dimensions.count), to: &table)
    for extent in shape.dimensions.reversed() { Self.append(UInt64(extent), to: &table) }
    Self.append(UInt32(0), to: &table)
    Self.append(UInt64(data.count), to: &table)
    data += bytes + [UInt8](repeating: 0, count: -bytes.count & 31)
  }

  /// The whole file.
  var file: [UInt8] {
    var file = Array("GGUF".utf8)
    Self.append(UInt32(3), to: &file)
    Self.append(UInt64(tensorCount), to: &file)
    Self.append(UInt64(valueCount), to: &file)
    file += values + table
    return file + [UInt8](repeating: 0, count: -file.count & 31) + data
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    bytes += text.utf8
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
