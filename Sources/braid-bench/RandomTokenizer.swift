import Foundation

/// A byte-pair tokenizer with random merges: the same for the same seed, and alike in its first merges for any.
enum RandomTokenizer {
  /// Writes `tokenizer.json` and its configuration.
  ///
  /// - Parameters:
  ///   - tokens: the size of the vocabulary.
  ///   - shared: how many of them all variants have in common.
  static func write(tokens: Int, shared: Int, variant: Int, into folder: String) throws {
    // Single bytes as byte-level tokenizers spell them: those that can be printed as themselves.
    let printable = Array(33...126) + Array(161...172) + Array(174...255)
    let alphabet = (printable + Array(256..<(256 + 256 - printable.count))).compactMap(UnicodeScalar.init).map {
      String(Character($0))
    }
    var vocabulary = ["<unk>", "<s>", "</s>"] + alphabet
    var known = Set(vocabulary)
    var merges: [(String, String)] = []
    var state: UInt64 = 1
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    while vocabulary.count < tokens {
      if vocabulary.count == shared { state = UInt64(variant + 2) }
      let (left, right) = (vocabulary[3 + draw(vocabulary.count - 3)], vocabulary[3 + draw(alphabet.count)])
      guard left.count < 12, known.insert(left + right).inserted else { continue }
      vocabulary.append(left + right)
      merges.append((left, right))
    }
    let specials = vocabulary[..<3].enumerated().map { id, token in
      """
      {"id": \(id), "content": \(quoted(token)), "single_word": false, "lstrip": false, "rstrip": false, \
      "normalized": false, "special": true}
      """
    }
    let text = """
      {
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [\(specials.joined(separator: ", "))],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
          "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
          "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
          "vocab": {\(vocabulary.enumerated().map { "\(quoted($1)): \($0)" }.joined(separator: ",\n"))},
          "merges": [\(merges.map { "[\(quoted($0)), \(quoted($1))]" }.joined(separator: ",\n"))]
        }
      }

      """
    try text.write(toFile: "\(folder)/tokenizer.json", atomically: true, encoding: .utf8)
    try """
    {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}

    """.write(toFile: "\(folder)/tokenizer_config.json", atomically: true, encoding: .utf8)
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }
}
