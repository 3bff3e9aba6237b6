public import Tensors

/// Makes safetensors files for tests without the code that is under test.
public enum SafetensorsMaker {
  /// A file with a header text as it is given, wrong or right, and data behind it.
  public static func file(header: String, data: [UInt8] = [], statedLength: UInt64? = nil) -> [UInt8] {
    let header = Array(header.utf8)
    let length = statedLength ?? UInt64(header.count)
    return withUnsafeBytes(of: length.littleEndian, Array.init) + header + data
  }

  /// A correct file with these tensors in this order.
  public static func file(_ tensors: [(description: TensorDescription, bytes: [UInt8])]) -> [UInt8] {
    var entries = ["\"__metadata__\":{\"format\":\"pt\"}"]
    var data: [UInt8] = []
    for (description, bytes) in tensors {
      let shape = description.shape.dimensions.map(String.init).joined(separator: ",")
      entries.append(
        "\"\(description.name)\":{\"dtype\":\"\(name(of: description.dtype))\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(data.count),\(data.count + bytes.count)]}")
      data += bytes
    }
    return file(header: "{" + entries.joined(separator: ",") + "}", data: data)
  }

  /// A correct file with everything that a source offers.
  public static func file(_ source: some TensorSource) throws -> [UInt8] {
    file(try source.index.tensors.map { ($0, try source.bytes(of: $0.name)) })
  }

  /// The dtype's name in a header.
  public static func name(of dtype: DType) -> String {
    switch dtype {
    case .bool: "BOOL"
    case .uint8: "U8"
    case .int8: "I8"
    case .uint16: "U16"
    case .int16: "I16"
    case .uint32: "U32"
    case .int32: "I32"
    case .uint64: "U64"
    case .int64: "I64"
    case .float8E4M3: "F8_E4M3"
    case .float8E5M2: "F8_E5M2"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    }
  }
}
