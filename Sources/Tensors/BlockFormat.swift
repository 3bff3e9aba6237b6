// swift-format-ignore: AlwaysUseLowerCamelCase
/// A way of storing elements in blocks that share a scale, as GGUF files do.
///
/// The raw value is the name that the reference implementation (ggml's `ggml_type`) gives it.
public enum BlockFormat: String, Sendable, Hashable, CaseIterable, Codable {
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case q8_0 = "Q8_0"
  case q2_K = "Q2_K"
  case q3_K = "Q3_K"
  case q4_K = "Q4_K"
  case q5_K = "Q5_K"
  case q6_K = "Q6_K"
  case iq4_NL = "IQ4_NL"
  case iq4_XS = "IQ4_XS"

  /// How many elements a block has; the length of a row is a multiple of it.
  public var elementsPerBlock: Int {
    switch self {
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_NL: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_XS: 256
    }
  }

  /// The size of a block in bytes.
  public var bytesPerBlock: Int {
    switch self {
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q2_K: 84
    case .q3_K: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    case .iq4_NL: 18
    case .iq4_XS: 136
    }
  }

  /// The size in bytes of this many elements, a multiple of ``elementsPerBlock``.
  public func byteCount(elements: Int) -> Int { elements / elementsPerBlock * bytesPerBlock }
}
