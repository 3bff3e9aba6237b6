public import Tensors

/// What the matrices of a GGUF file are stored as; norms and biases are always float32.
public enum GGUFForm: Hashable, Sendable, CaseIterable {
  case float32
  case float16
  case bfloat16
  /// Blocks with scales.
  case blocks(BlockFormat)

  /// All of them.
  public static let allCases: [GGUFForm] = [.float32, .float16, .bfloat16] + BlockFormat.allCases.map(GGUFForm.blocks)

  /// The name that llama.cpp has for it: `F16`, `Q4_K`.
  public var name: String {
    switch self {
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .blocks(let format): format.rawValue
    }
  }

  /// The form of this name in any case, or nil.
  public init?(name: String) {
    guard let form = Self.allCases.first(where: { $0.name.lowercased() == name.lowercased() }) else { return nil }
    self = form
  }

  /// The value of `general.file_type`: llama.cpp's enumeration `llama_ftype`.
  var fileType: Int {
    switch self {
    case .float32: 0
    case .float16: 1
    case .bfloat16: 32
    case .blocks(let format):
      switch format {
      case .q4_0: 2
      case .q4_1: 3
      case .q8_0: 7
      case .q5_0: 8
      case .q5_1: 9
      case .q2_K: 10
      case .q3_K: 11
      case .q4_K: 14
      case .q5_K: 16
      case .q6_K: 18
      case .iq4_NL: 25
      case .iq4_XS: 30
      }
    }
  }

  /// What a tensor is stored as, by the rules of llama.cpp.
  ///
  /// Vectors and norms are float32. The matrix that makes logits keeps more bits than the others. Where rows are no
  /// whole number of blocks, the nearest format with shorter blocks takes their place, and float16 after that.
  ///
  /// - Parameters:
  ///   - name: the tensor's name in the file.
  ///   - isOutput: whether the tensor makes the logits.
  func elements(of shape: Shape, name: String, isOutput: Bool) -> StoredForm.Elements {
    guard shape.dimensions.count > 1, !Self.keptEndings.contains(where: name.hasSuffix) else { return .plain(.float32) }
    switch self {
    case .float32: return .plain(.float32)
    case .float16: return .plain(.float16)
    case .bfloat16: return .plain(.bfloat16)
    case .blocks(let format):
      let wanted = isOutput && format != .q8_0 ? (shape.rowLength % 256 == 0 ? .q6_K : .q8_0) : format
      let candidates = [wanted, Self.shorter(wanted)]
      let fitting = candidates.first { shape.rowLength % $0.elementsPerBlock == 0 }
      return fitting.map(StoredForm.Elements.blocks) ?? .plain(.float16)
    }
  }

  /// How names end of what is always float32: norms, routers of experts and embeddings of positions.
  private static let keptEndings = ["norm.weight", "ffn_gate_inp.weight", "position_embd.weight"]

  /// The format with blocks of 32 that comes nearest; llama.cpp has the same pairs.
  private static func shorter(_ format: BlockFormat) -> BlockFormat {
    switch format {
    case .q2_K, .q3_K, .iq4_XS: .iq4_NL
    case .q4_K: .q5_0
    case .q5_K: .q5_1
    case .q6_K: .q8_0
    default: format
    }
  }
}
