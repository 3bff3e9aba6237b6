public import Documents

/// The token numbers that `config.json` and `generation_config.json` give to roles.
public enum TokenRoles {
  /// What the numbers are called.
  public static let keys = [
    "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "cls_token_id", "mask_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id",
  ]

  /// The roles of a document as the output numbers them.
  ///
  /// - Parameters:
  ///   - root: the donor's configuration.
  ///   - own: the configuration of the model whose tokenizer the output starts from, if it has one.
  ///   - donor: the donor's vocabulary, as numbers in `root` refer to it.
  /// - Returns: the values that change; null for tokens that the output lacks.
  public static func changes(
    of root: JSONNode, own: JSONNode?, donor: TokenizerFile, in output: OutputVocabulary
  ) -> [(key: String, json: String)] {
    let spelling = Dictionary(donor.tokens.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    func renumbered(_ node: JSONNode) -> String? {
      node.int.flatMap { spelling[$0] }.flatMap { output.id(of: $0) }.map(String.init)
    }
    var changes: [(key: String, json: String)] = []
    for key in keys {
      let present = root[key]
      let json: String
      if let node = own?[key], node.int != nil || node.array != nil || node.isNull {
        // The origin's numbers stay what they are.
        json =
          node.array.map { "[" + $0.compactMap(\.int).map(String.init).joined(separator: ", ") + "]" }
          ?? node.int.map(String.init) ?? "null"
      } else if let list = present?.array {
        json = "[" + list.compactMap(renumbered).joined(separator: ", ") + "]"
      } else if let present, present.int != nil {
        json = renumbered(present) ?? "null"
      } else {
        continue
      }
      guard present != nil || json != "null" else { continue }
      if let present, let same = try? JSONParser.parse(json), same.isEquivalent(to: present) { continue }
      changes.append((key, json))
    }
    return changes
  }
}
