internal import Documents

/// The metadata of a GGUF file, read from its bytes as it is asked for; it must not outlive them.
struct GGUFMetadata {
  let bytes: UnsafeRawBufferPointer
  /// The values in the order of the file.
  private(set) var entries: [(key: String, value: GGUFValue)] = []
  private var positions: [String: Int] = [:]

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Adds a value, unless there is one with this key.
  mutating func add(_ key: String, _ value: GGUFValue) -> Bool {
    guard positions.updateValue(entries.count, forKey: key) == nil else { return false }
    entries.append((key, value))
    return true
  }

  /// The value with a key.
  subscript(key: String) -> GGUFValue? { positions[key].map { entries[$0].value } }

  /// A whole number.
  func int(_ key: String) -> Int? {
    switch self[key] {
    case .unsigned(let number)?: Int(exactly: number)
    case .signed(let number)?: Int(exactly: number)
    default: nil
    }
  }

  /// A number.
  func double(_ key: String) -> Double? {
    switch self[key] {
    // By way of its shortest spelling, so that 1e-5 stays 1e-5.
    case .single(let number)?: Double(number.description)
    case .double(let number)?: number
    default: int(key).map(Double.init)
    }
  }

  /// A truth value.
  func bool(_ key: String) -> Bool? { if case .bool(let flag)? = self[key] { flag } else { nil } }

  /// A text; what is not UTF-8 is replaced.
  func string(_ key: String) -> String? {
    if case .text(let range)? = self[key] { String(decoding: bytes[range], as: UTF8.self) } else { nil }
  }

  /// The places of the texts of an array.
  func texts(_ key: String) -> [Range<Int>]? {
    guard case .array(let array)? = self[key], array.type == .string else { return nil }
    var places: [Range<Int>] = []
    places.reserveCapacity(array.count)
    var start = array.bytes.lowerBound
    for _ in 0..<array.count {
      let length = Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
      places.append(start + 8..<start + 8 + length)
      start += 8 + length
    }
    return places
  }

  /// An array of whole numbers of any size, as they are in the file.
  func integers(_ key: String) -> [Int]? {
    guard case .array(let array)? = self[key] else { return nil }
    func read<Number: FixedWidthInteger>(_: Number.Type) -> [Int] {
      (0..<array.count).map {
        let place = array.bytes.lowerBound + $0 * MemoryLayout<Number>.size
        return Int(clamping: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self)))
      }
    }
    return switch array.type {
    case .uint8: read(UInt8.self)
    case .int8: read(Int8.self)
    case .uint16: read(UInt16.self)
    case .int16: read(Int16.self)
    case .uint32: read(UInt32.self)
    case .int32: read(Int32.self)
    case .uint64: read(UInt64.self)
    case .int64: read(Int64.self)
    default: nil
    }
  }

  /// An array of numbers of single precision.
  func floats(_ key: String) -> [Float]? {
    guard case .array(let array)? = self[key], array.type == .float32 else { return nil }
    return (0..<array.count).map {
      let bits = bytes.loadUnaligned(fromByteOffset: array.bytes.lowerBound + $0 * 4, as: UInt32.self)
      return Float(bitPattern: UInt32(littleEndian: bits))
    }
  }

  // MARK: For people

  /// How many bytes of a text and how many elements of an array are shown.
  private static let shownBytes = 2000
  private static let shownElements = 8

  /// A value as a short text.
  func text(of value: GGUFValue) -> String {
    switch value {
    case .unsigned(let number): String(number)
    case .signed(let number): String(number)
    case .single(let number): number.description
    case .double(let number): number.description
    case .bool(let flag): flag ? "true" : "false"
    case .text(let range):
      String(decoding: bytes[range.prefix(Self.shownBytes)], as: UTF8.self)
        + (range.count > Self.shownBytes ? "… (\(range.count) bytes)" : "")
    case .array(let array): text(of: array)
    }
  }

  private func text(of array: GGUFArray) -> String {
    var cursor = GGUFCursor(UnsafeRawBufferPointer(rebasing: bytes[..<array.bytes.upperBound]), file: "")
    cursor.skip(array.bytes.lowerBound)
    var shown: [String] = []
    while shown.count < min(array.count, Self.shownElements), let value = try? cursor.value(of: array.type, key: "") {
      let text = text(of: value)
      shown.append(array.type == .string ? PrintableText.quoted(text) : text)
    }
    if array.count > shown.count { shown.append("… (\(array.count) elements)") }
    return "[" + shown.joined(separator: ", ") + "]"
  }
}
