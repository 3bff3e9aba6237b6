internal import Documents

/// A way of cutting texts into words that llama.cpp knows by name, and what `tokenizer.json` says for it.
///
/// The names are those of `tokenizer.ggml.pre`, the patterns those of llama.cpp and of the models' own tokenizers,
/// which are the same.
enum GGUFPreTokenizer: CaseIterable {
  case gpt2, llama3, qwen2, smollm, tekken, gpt4o, fallback

  /// The names in GGUF files; the first one is written.
  var names: [String] {
    switch self {
    case .gpt2: ["gpt-2", "phi-2"]
    case .llama3: ["llama-bpe", "llama3", "llama-v3"]
    case .qwen2: ["qwen2", "deepseek-r1-qwen"]
    case .smollm: ["smollm", "starcoder", "refact"]
    case .tekken: ["tekken"]
    case .gpt4o: ["gpt-4o"]
    case .fallback: ["default"]
    }
  }

  /// The way with a name in a GGUF file, or nil.
  init?(named name: String) {
    guard let known = Self.allCases.first(where: { $0.names.contains(name) }) else { return nil }
    self = known
  }

  /// The way that a `pre_tokenizer` of `tokenizer.json` describes, or nil.
  init?(recognizing node: JSONNode?) {
    guard let node else { return nil }
    var steps = node["type"]?.string == "Sequence" ? node["pretokenizers"]?.array ?? [] : [node]
    // The last step writes bytes as letters; without other steps it also cuts.
    guard let last = steps.popLast(), last["type"]?.string == "ByteLevel", last["add_prefix_space"]?.bool == false
    else { return nil }
    let cutsLast = last["use_regex"]?.bool ?? true
    let digits = steps.filter { $0["type"]?.string == "Digits" && $0["individual_digits"]?.bool == true }
    let patterns = steps.compactMap { step -> String? in
      guard step["type"]?.string == "Split", step["behavior"]?.string == "Isolated", step["invert"]?.bool != true else {
        return nil
      }
      return step["pattern"]?["Regex"]?.string
    }
    guard digits.count + patterns.count == steps.count, digits.count <= 1,
      let known = Self.allCases.first(where: { way in
        way.patterns == patterns && way.splitsDigits == !digits.isEmpty && way.patterns.isEmpty == cutsLast
      })
    else { return nil }
    self = known
  }

  /// The names of the ways that are recognised, for errors.
  static var writable: String { allCases.map { $0.names[0] }.joined(separator: ", ") }

  /// Whether a word that is a token is not merged from its parts.
  var ignoresMerges: Bool { self == .llama3 || self == .tekken }

  /// Whether texts are normalised to composed characters first.
  var isComposing: Bool { self == .qwen2 }

  /// Whether a file without `add_bos_token` wants the begin token.
  var addsBeginByDefault: Bool { self == .llama3 || self == .tekken }

  /// Patterns whose matches are cut out of the text, one after another, before bytes are written as letters.
  var patterns: [String] {
    switch self {
    case .gpt2, .smollm: []
    case .llama3:
      [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]
    case .qwen2:
      [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]
    case .tekken:
      [
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"#
          + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"#
          + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]
    case .gpt4o:
      [
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
          + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
          + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]
    case .fallback:
      [
        #"[\p{P}\$\+<=>\^~\|]+"#,
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#, #"\p{N}+"#, "[0-9][0-9][0-9]",
      ]
    }
  }

  /// Whether digits are words of their own.
  var splitsDigits: Bool { self == .smollm }
}
