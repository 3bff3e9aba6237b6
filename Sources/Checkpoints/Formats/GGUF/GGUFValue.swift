/// The types of metadata, by their numbers in a file (`gguf_metadata_value_type` of the specification).
enum GGUFType: UInt32 {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// The size of a value in bytes, or of the smallest one where sizes differ.
  var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .string: 8
    case .array: 12
    }
  }

  /// Whether values are whole numbers.
  var isInteger: Bool { isScalar && self != .float32 && self != .float64 && self != .bool }

  /// Whether all values have the same size.
  var isScalar: Bool { self != .string && self != .array }
}

/// A value of GGUF metadata; long ones stay in the file.
enum GGUFValue {
  case unsigned(UInt64)
  case signed(Int64)
  case single(Float)
  case double(Double)
  case bool(Bool)
  /// A text, by its bytes in the file.
  case text(Range<Int>)
  case array(GGUFArray)
}

/// An array in GGUF metadata, by its place in the file.
struct GGUFArray {
  var type: GGUFType
  var count: Int
  /// The bytes of the elements.
  var bytes: Range<Int>
}

extension GGUFCursor {
  /// Reads a value of a type, or steps over it if it is long.
  mutating func value(of type: GGUFType, key: String, depth: Int = 0) throws(FormatError) -> GGUFValue {
    let start = offset
    let what = "a value"
    switch type {
    case .uint8: return .unsigned(UInt64(try number(what, as: UInt8.self)))
    case .uint16: return .unsigned(UInt64(try number(what, as: UInt16.self)))
    case .uint32: return .unsigned(UInt64(try number(what, as: UInt32.self)))
    case .uint64: return .unsigned(try number(what))
    case .int8: return .signed(Int64(try number(what, as: Int8.self)))
    case .int16: return .signed(Int64(try number(what, as: Int16.self)))
    case .int32: return .signed(Int64(try number(what, as: Int32.self)))
    case .int64: return .signed(try number(what))
    case .float32: return .single(Float(bitPattern: try number(what)))
    case .float64: return .double(Double(bitPattern: try number(what)))
    case .bool:
      let byte = try number(what, as: UInt8.self)
      guard byte <= 1 else { throw failure(at: start, "\(byte) as a truth value", expected: "0 or 1") }
      return .bool(byte == 1)
    case .string: return .text(try text("a text"))
    case .array: return .array(try array(key: key, depth: depth + 1))
    }
  }

  private mutating func array(key: String, depth: Int) throws(FormatError) -> GGUFArray {
    guard depth <= GGUF.maximumDepth else {
      throw failure(at: offset, "arrays in arrays more than \(GGUF.maximumDepth) deep")
    }
    let type = try type()
    let count = try count("elements of an array", each: type.byteCount)
    let start = offset
    if type.isScalar {
      if type == .bool, let bad = bytes[start..<start + count].firstIndex(where: { $0 > 1 }) {
        throw failure(at: bad, "\(bytes[bad]) as a truth value", expected: "0 or 1")
      }
      skip(count * type.byteCount)
    } else {
      for _ in 0..<count { _ = try value(of: type, key: key, depth: depth) }
    }
    return GGUFArray(type: type, count: count, bytes: start..<offset)
  }

  /// The type of a value.
  mutating func type() throws(FormatError) -> GGUFType {
    let start = offset
    let number = try number("the type of a value", as: UInt32.self)
    guard let type = GGUFType(rawValue: number) else {
      throw failure(at: start, "the unknown type \(number) of a value", expected: "a number from 0 to 12")
    }
    return type
  }
}
