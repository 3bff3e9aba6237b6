internal import Tensors

/// How a tensor's elements are stored in a GGUF file.
enum GGUFKind: Hashable {
  /// Elements of a plain type.
  case plain(DType)
  /// Blocks with scales, which are delivered as float32.
  case blocks(BlockFormat)

  /// The kind with a number of ggml's enumeration `ggml_type`, or nil.
  init?(number: UInt32) {
    guard let kind = Self.byNumber[number] else { return nil }
    self = kind
  }

  /// The number in ggml's enumeration, or nil for a dtype that it lacks.
  var number: UInt32? { Self.numbers[self] }

  /// The dtype that readers see.
  var dtype: DType {
    switch self {
    case .plain(let dtype): dtype
    case .blocks: .float32
    }
  }

  /// How many elements share a block, and the block's size in bytes.
  var block: (elements: Int, bytes: Int) {
    switch self {
    case .plain(let dtype): (1, dtype.byteCount)
    case .blocks(let format): (format.elementsPerBlock, format.bytesPerBlock)
    }
  }

  private static let byNumber: [UInt32: GGUFKind] = [
    0: .plain(.float32), 1: .plain(.float16), 2: .blocks(.q4_0), 3: .blocks(.q4_1), 6: .blocks(.q5_0),
    7: .blocks(.q5_1), 8: .blocks(.q8_0), 10: .blocks(.q2_K), 11: .blocks(.q3_K), 12: .blocks(.q4_K),
    13: .blocks(.q5_K), 14: .blocks(.q6_K), 20: .blocks(.iq4_NL), 23: .blocks(.iq4_XS), 24: .plain(.int8),
    25: .plain(.int16), 26: .plain(.int32), 27: .plain(.int64), 28: .plain(.float64), 30: .plain(.bfloat16),
  ]
  private static let numbers = Dictionary(uniqueKeysWithValues: byNumber.map { ($1, $0) })

  /// Kinds that exist but are not read, so that an error can name them.
  private static let unreadable: [UInt32: String] = [
    4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
    22: "IQ2_S", 29: "IQ1_M", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 34: "TQ1_0", 35: "TQ2_0",
    36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0",
  ]

  /// What to say about a number that is not read.
  static func description(of number: UInt32) -> String {
    unreadable[number].map { "elements of the kind \($0), which cannot be read" }
      ?? "elements of the unknown kind \(number)"
  }

  /// The kinds that can be read, for errors.
  static var choices: String {
    "F64, F32, F16, BF16, I8, I16, I32, I64, " + BlockFormat.allCases.map(\.rawValue).joined(separator: ", ")
  }
}
