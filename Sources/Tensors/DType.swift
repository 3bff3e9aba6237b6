/// The element type of a stored tensor; the set is what safetensors defines.
public enum DType: String, Sendable, Hashable, CaseIterable, Codable {
  case bool
  case uint8
  case int8
  case uint16
  case int16
  case uint32
  case int32
  case uint64
  case int64
  case float8E4M3 = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"
  case float16
  case bfloat16
  case float32
  case float64

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E4M3, .float8E5M2: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// Whether arithmetic on the elements is meaningful for a merge.
  public var isFloatingPoint: Bool {
    switch self {
    case .float8E4M3, .float8E5M2, .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}
