internal import Documents
internal import Tensors

extension DType {
  /// The dtype's name in a safetensors header.
  ///
  /// Source: the enumeration `Dtype` of the reference implementation. Its newer names (`F4`, `F6_E2M3`, `F6_E3M2`,
  /// `F8_E8M0`, `C64`) have no counterpart here and are refused.
  var safetensorsName: String {
    switch self {
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

  /// The dtype of this name in a safetensors header, or nil.
  init?(safetensorsName name: String) {
    guard let dtype = Self.bySafetensorsName[name] else { return nil }
    self = dtype
  }

  private static let bySafetensorsName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.safetensorsName, $0) })

  /// What to say when a header names a dtype that does not exist.
  static func safetensorsChoices(for name: String) -> String {
    let names = allCases.map(\.safetensorsName)
    if let nearest = NearestName.of(String(name.prefix(20)), in: names) { return nearest }
    return "one of " + names.joined(separator: ", ")
  }
}
