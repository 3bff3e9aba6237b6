/// What a tensor is called in a GGUF file and at Hugging Face, and how its elements differ between the two.
struct GGUFTensorName: Sendable {
  /// How llama.cpp stores a tensor, compared with transformers.
  enum Arrangement: Sendable {
    case same
    /// The rows of queries or of keys, in pairs; see ``RotaryRows``.
    case queryPairs, keyPairs
    /// The rows of all queries, then of all keys, then of all values, which transformers has head by head; see
    /// ``HeadRows``.
    case queriesKeysValues
    /// Rows and columns exchanged.
    case transposed
    /// With 1 added; see ``ShiftedTensor``.
    case shifted
    /// The matrices of all experts of a layer, one after another; see ``TensorPart``. At Hugging Face each has a
    /// name with its number where this one has a star.
    case experts
  }

  /// The name in the file, without what stands before it in a layer and without the ending.
  var stored: String
  /// The name at Hugging Face, likewise.
  var model: String
  /// How elements are stored.
  var arrangement = Arrangement.same

  init(_ stored: String, _ model: String, _ arrangement: Arrangement = .same) {
    self.stored = stored
    self.model = model
    self.arrangement = arrangement
  }

  /// Whether a name at Hugging Face is this one, and of which expert.
  func match(_ name: Substring) -> (matches: Bool, expert: Int?) {
    guard arrangement == .experts else { return (name == model, nil) }
    let parts = model.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count == 2, name.hasPrefix(parts[0]), name.hasSuffix(parts[1]),
      case let digits = name.dropFirst(parts[0].count).dropLast(parts[1].count), let expert = Int(digits),
      String(expert) == digits
    else { return (false, nil) }
    return (true, expert)
  }

  /// The name at Hugging Face of an expert's matrix.
  func modelName(ofExpert expert: Int) -> String {
    model.split(separator: "*", omittingEmptySubsequences: false).joined(separator: String(expert))
  }
}
