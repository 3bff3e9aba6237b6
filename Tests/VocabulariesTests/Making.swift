import Documents
import Vocabularies

/// Small tokenizers for the tests of this room.
enum Making {
  /// A BPE tokenizer: tokens are numbered in order, added ones behind them unless they are among them.
  static func bpe(
    _ tokens: [String], merges: [(String, String)] = [], added: [(text: String, id: Int?)] = [], asText: Bool = false,
    flags: String = "\"special\": true, \"normalized\": false", preTokenizer: String = "{\"type\": \"Whitespace\"}"
  ) -> String {
    let vocabulary = tokens.enumerated().map { "\(JSONEdit.quote($1)): \($0)" }.joined(separator: ", ")
    let pairs = merges.map { asText ? JSONEdit.quote("\($0) \($1)") : "[\(JSONEdit.quote($0)), \(JSONEdit.quote($1))]" }
    let entries = added.enumerated().map { number, token in
      let id = token.id ?? tokens.firstIndex(of: token.text) ?? tokens.count + number
      return "{\"id\": \(id), \"content\": \(JSONEdit.quote(token.text)), \(flags)}"
    }
    return """
      {"version": "1.0", "added_tokens": [\(entries.joined(separator: ", "))], "normalizer": null,
       "pre_tokenizer": \(preTokenizer), "model": {"type": "BPE", "vocab": {\(vocabulary)},
       "merges": [\(pairs.joined(separator: ", "))]}, "decoder": null}
      """
  }

  static func unigram(_ pieces: [(String, String)], added: [(text: String, id: Int)] = []) -> String {
    let list = pieces.map { "[\(JSONEdit.quote($0)), \($1)]" }.joined(separator: ", ")
    let entries = added.map { "{\"id\": \($0.id), \"content\": \(JSONEdit.quote($0.text)), \"special\": true}" }
    return "{\"added_tokens\": [\(entries.joined(separator: ", "))], "
      + "\"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [\(list)]}}"
  }

  static func wordPiece(_ tokens: [String]) -> String {
    let vocabulary = tokens.enumerated().map { "\(JSONEdit.quote($1)): \($0)" }.joined(separator: ", ")
    return "{\"added_tokens\": [], \"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", "
      + "\"continuing_subword_prefix\": \"##\", \"vocab\": {\(vocabulary)}}}"
  }

  static func file(_ text: String, _ name: String = "tokenizer.json") throws -> TokenizerFile {
    try TokenizerFile(Array(text.utf8), name: name)
  }

  /// A model over a tokenizer, with as many rows as it has tokens unless told otherwise.
  static func model(_ name: String, _ text: String, rows: Int? = nil, merged: Bool = true) throws -> ModelVocabulary {
    let file = try file(text, name)
    let end = (file.tokens.values.max() ?? -1) + 1
    return ModelVocabulary(name: name, file: file, rowCount: rows ?? end, isMerged: merged)
  }
}

extension OutputVocabulary {
  /// The spellings by number, with a point for rows without a token.
  var spelt: [String] {
    var result = [String](repeating: ".", count: rowCount)
    for (token, id) in tokens { result[id] = token.text }
    return result
  }

  /// The runs of a model's map in short: `0..<4 a@0`.
  func runs(of model: Int) -> [String] {
    map(of: model).runs.map { run in
      let content =
        switch run.content {
        case .rows(let place): "\(models[place.model].name)@\(place.row)"
        case .mean(let places): "mean " + places.map { "\(models[$0.model].name)@\($0.row)" }.joined(separator: "+")
        case .zero: "zero"
        case .padding: "padding"
        }
      return "\(run.rows.lowerBound)..<\(run.rows.upperBound) \(content)"
    }
  }
}
