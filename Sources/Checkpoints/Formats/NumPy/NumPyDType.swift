internal import Tensors

extension DType {
  /// The dtype that NumPy writes as this code (`<f4`, `|b1`), and whether its bytes come most significant first; nil
  /// if there is none here.
  static func numPy(_ code: String) -> (dtype: DType, isBigEndian: Bool)? {
    // A name rather than a code: the type is ml_dtypes' and has no other.
    if code == "bfloat16" { return (.bfloat16, false) }
    guard let order = code.first, let dtype = byNumPyCode[String(code.dropFirst())] else { return nil }
    switch order {
    case "<": return (dtype, false)
    case ">": return (dtype, true)
    case "|" where dtype.byteCount == 1: return (dtype, false)
    default: return nil
    }
  }

  private static let byNumPyCode: [String: DType] = [
    "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32,
    "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  /// What a code stands for that no dtype here answers to.
  static func numPyKind(_ code: String) -> String? {
    switch code.dropFirst().first {
    case "O": "Python objects"
    case "c": "complex numbers"
    case "V": "raw bytes (as NumPy stores bfloat16, whose name it then loses)"
    case "S", "U": "texts"
    case "M", "m": "times"
    case "f": "long doubles"
    default: nil
    }
  }
}
