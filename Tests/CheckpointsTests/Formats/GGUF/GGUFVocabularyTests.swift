import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// SentencePiece's vocabularies in GGUF files.
@Suite struct GGUFVocabularyTests {
  private static let folder = Fixture.path("tokenizers/metaspace")

  /// Writes a file with an embedding and a tokenizer, and opens it.
  private func write(_ files: TokenizerFiles, to folder: TemporaryFolder, name: String = "out") throws -> ModelFolder {
    let configuration = try JSONParser.parse(
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 2, "intermediate_size": 2, "num_hidden_layers": 1,
       "num_attention_heads": 1, "max_position_embeddings": 128, "vocab_size": 444}
      """)
    let embedding = TensorDescription(name: "model.embed_tokens.weight", dtype: .float32, shape: [444, 2])
    let layout = try GGUFLayout.make([embedding], configuration: configuration, tokenizer: files, form: .float32)
    let writer = try CheckpointWriter(
      destination: folder(name), layout: layout, fingerprint: "", mode: .fresh, allowsDirect: false)
    try [UInt8](repeating: 0, count: embedding.byteCount).withUnsafeBytes {
      try writer.write($0, tensor: 0, byteOffset: 0)
    }
    try writer.finished(tensor: 0)
    try writer.finish()
    return try ModelFolder.open(folder(name))
  }

  private func donor(tokenizer: Bool = true, pieces: Bool = true) throws -> TokenizerFiles {
    TokenizerFiles(
      tokenizer: tokenizer ? try JSONParser.parse(try Files.bytes(Self.folder + "/tokenizer.json")) : nil,
      configuration: try JSONParser.parse(#"{"bos_token": "<s>", "eos_token": {"content": "</s>"}}"#),
      sentencePiece: pieces ? try Files.bytes(Self.folder + "/tokenizer.model") : nil)
  }

  private func texts(_ node: JSONNode?) -> [String] {
    (node?.array ?? []).compactMap(\.string)
  }

  @Test func `pieces, scores and types are those of the model, or stand for the merges`() throws {
    let folder = try TemporaryFolder()
    var report = ""
    for (name, files) in [
      ("both", try donor()), ("merges alone", try donor(pieces: false)), ("model alone", try donor(tokenizer: false)),
    ] {
      let written = try write(files, to: folder, name: name)
      report += "\(name):\n"
      for entry in written.checkpoint.files[0].contents.metadata where entry.key.hasPrefix("tokenizer") {
        report += "  \(entry.key) = \(entry.value)\n"
      }
    }
    try Golden.expect(report, at: "scored-vocabularies.txt")
  }

  @Test(arguments: [(true, true), (true, false), (false, true)])
  func `merges come back from scores in the order in which they were made`(tokenizer: Bool, pieces: Bool) throws {
    let folder = try TemporaryFolder()
    let written = try write(try donor(tokenizer: tokenizer, pieces: pieces), to: folder)
    let read = try #require(try written.json(named: "tokenizer.json")).root
    let original = try JSONParser.parse(try Files.bytes(Self.folder + "/tokenizer.json"))
    #expect(texts(read["model"]?["merges"]) == texts(original["model"]?["merges"]))
    for key in ["byte_fallback", "fuse_unk"] { #expect(read["model"]?[key]?.bool == true) }
    #expect(read["model"]?["unk_token"]?.string == "<unk>")
    #expect(
      read["added_tokens"]?.array?.compactMap { $0["content"]?.string } == ["<unk>", "<s>", "</s>", "<|user|>", "solo"])
    let vocabulary = Dictionary((read["model"]?["vocab"]?.object ?? []).map { ($0.key, $0.node.int) }) { $1 }
    let expected = original["model"]?["vocab"]?.object ?? []
    #expect(expected.count == 440 && expected.allSatisfy { vocabulary[$0.key] == $0.node.int })
    #expect(read["post_processor"]?["single"]?.array?.first?["SpecialToken"]?["id"]?.string == "<s>")
  }

  @Test func `a mark that combines with the space of a merge does not hide it`() throws {
    let folder = try TemporaryFolder()
    let accent = "\u{301}"
    let bytes = (0..<256).map { byte in
      #""<0x\#(byte < 16 ? "0" : "")\#(String(byte, radix: 16, uppercase: true))>": \#(byte + 10)"#
    }.joined(separator: ", ")
    let model =
      #"{"type": "BPE", "byte_fallback": true, "vocab": {\#(bytes), "a": 300, "\#(accent)": 301, "a\#(accent)": 302}, "#
      + #""merges": ["a \#(accent)"]}"#
    var files = try donor(pieces: false)
    files.tokenizer = try JSONParser.parse(
      try JSONEdit.setting([("model", model)], in: try Files.bytes(Self.folder + "/tokenizer.json")))
    let read = try #require(try write(files, to: folder).json(named: "tokenizer.json")).root
    #expect(texts(read["model"]?["merges"]).map { Array($0.utf8) } == [Array("a \(accent)".utf8)])
  }

  @Test func `a model of another vocabulary is left alone`() throws {
    let folder = try TemporaryFolder()
    var files = try donor()
    // A byte that was no piece before is one now, so that the pieces behind it would have other numbers.
    var model = try #require(files.sentencePiece)
    model = Array([0x0A, 0x03, 0x0A, 0x01, 0x7E] + model)
    files.sentencePiece = model
    let read = try #require(try write(files, to: folder).json(named: "tokenizer.json")).root
    let original = try JSONParser.parse(try Files.bytes(Self.folder + "/tokenizer.json"))
    #expect(texts(read["model"]?["merges"]) == texts(original["model"]?["merges"]))
    #expect(read["model"]?["vocab"]?["~"] == nil)
  }

  @Test func `a tokenizer without a space in front is read as one`() throws {
    let folder = try TemporaryFolder()
    let edited = try JSONEdit.setting(
      [("normalizer", #"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}"#)],
      in: try Files.bytes(Self.folder + "/tokenizer.json"))
    var files = try donor()
    files.tokenizer = try JSONParser.parse(edited)
    let read = try #require(try write(files, to: folder).json(named: "tokenizer.json")).root
    #expect(read["normalizer"]?["type"]?.string == "Replace")
    #expect(
      read["decoder"]?["decoders"]?.array?.compactMap { $0["type"]?.string } == ["Replace", "ByteFallback", "Fuse"])
  }

  @Test func `what no scores can stand for is refused, and so is what llama cpp would read otherwise`() throws {
    let original = try Files.bytes(Self.folder + "/tokenizer.json")
    func message(_ edits: [(key: String, json: String)], model: [UInt8]? = nil) throws -> String {
      let folder = try TemporaryFolder()
      var files = try donor(pieces: false)
      files.tokenizer = try JSONParser.parse(try JSONEdit.setting(edits, in: original))
      if let model { files = TokenizerFiles(sentencePiece: model) }
      do {
        _ = try write(files, to: folder)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let bytes = (0..<256).map { byte in
      #""<0x\#(byte < 16 ? "0" : "")\#(String(byte, radix: 16, uppercase: true))>": \#(byte + 10)"#
    }.joined(separator: ", ")
    let vocabulary = #""a": 300, "b": 301, "c": 302, "ab": 303, "bc": 304, "abc": 305, "▁a▁b": 306"#
    let unigram: [UInt8] = [0x0A, 0x03, 0x0A, 0x01, 0x61, 0x12, 0x02, 0x18, 0x01]
    let reports = [
      try message([
        (
          "model",
          #"{"type": "BPE", "byte_fallback": true, "vocab": {\#(vocabulary), \#(bytes)}, "merges": ["a b", "b c", "ab c"]}"#
        )
      ]),
      try message([
        ("normalizer", "null"),
        ("pre_tokenizer", #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}"#),
        ("model", #"{"type": "BPE", "byte_fallback": true, "vocab": {\#(vocabulary), \#(bytes)}, "merges": []}"#),
      ]),
      try message([("model", #"{"type": "BPE", "byte_fallback": true, "vocab": {\#(vocabulary)}, "merges": []}"#)]),
      try message([("normalizer", #"{"type": "NFKC"}"#)]), try message([("model", #"{"type": "WordPiece"}"#)]),
      try message([], model: unigram), try message([], model: []),
    ]
    try Golden.expect(reports.joined(separator: "\n") + "\n", at: "vocabulary-refusals.txt")
  }

  @Test func `a user-defined token shows the spaces that it stands for`() throws {
    let folder = try TemporaryFolder()
    var files = try donor(pieces: false)
    let original = try Files.bytes(Self.folder + "/tokenizer.json")
    files.tokenizer = try JSONParser.parse(
      try JSONEdit.setting(
        [("added_tokens", #"[{"id": 441, "content": "▁▁▁", "special": false}, {"id": 442, "content": "<unused7>"}]"#)],
        in: original))
    let read = try #require(try write(files, to: folder).json(named: "tokenizer.json")).root
    let added = try #require(read["added_tokens"]?.array)
    #expect(added.compactMap { $0["content"]?.string } == ["<unk>", "   ", "<unused7>"])
    #expect(added.compactMap { $0["special"]?.bool } == [true, false, true])
  }

  @Test func `a vocabulary with pieces too long to cut is left out, and the file says why`() throws {
    let folder = try TemporaryFolder()
    var maker = GGUFMaker()
    maker.add("tokenizer.ggml.model", type: "STRING", try JSONParser.parse(#""llama""#))
    maker.add("tokenizer.ggml.tokens", texts: [String(repeating: "a", count: 9000), "a"])
    maker.add("tokenizer.ggml.scores", floats: [0, 0])
    let model = try ModelFolder.open(try folder.write("long.gguf", maker.file))
    #expect(model.documents["tokenizer.json"] == nil)
    let note = try #require(model.checkpoint.files[0].contents.metadata.last)
    #expect(note.value == "there is no tokenizer.json: the tokenizer's pieces are too long")
  }

  @Test func `word pieces without an unknown one and scores that cannot be summed are left out, and the file says why`()
    throws
  {
    let folder = try TemporaryFolder()
    for (kind, scores, reason) in [
      ("bert", [0, 0], "the tokenizer has no token for unknown words"),
      ("t5", [0, .infinity], "the tokenizer has no tokens or no scores that can be summed"),
      (
        "rwkv", [0, 0],
        "the tokenizer is of the kind rwkv; understood are gpt2 (byte-level BPE), llama and t5 (SentencePiece), and bert "
          + "(word pieces)"
      ),
    ] as [(String, [Float], String)] {
      var maker = GGUFMaker()
      maker.add("tokenizer.ggml.model", type: "STRING", try JSONParser.parse("\"\(kind)\""))
      maker.add("tokenizer.ggml.tokens", texts: ["\u{2581}a", "b"])
      maker.add("tokenizer.ggml.scores", floats: scores)
      let model = try ModelFolder.open(try folder.write("\(kind).gguf", maker.file))
      #expect(model.documents["tokenizer.json"] == nil)
      let note = try #require(model.checkpoint.files[0].contents.metadata.last)
      #expect(note.value == "there is no tokenizer.json: \(reason)")
    }
  }

  @Test func `changed bytes of a vocabulary never make it trap`() throws {
    let folder = try TemporaryFolder()
    _ = try write(try donor(), to: folder)
    let valid = try Files.bytes(folder("out/model.gguf"))
    var generator = SeededGenerator(seed: 13)
    for _ in 0..<400 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // The tensor's elements follow the header.
        let place = Int.random(in: 0..<bytes.count - 3600, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        default: bytes[place] = [0, 1, 0x7F, 0x80, 0xC0, 255].randomElement(using: &generator) ?? 0
        }
      }
      guard let model = try? ModelFolder.open(try folder.write("damaged.gguf", bytes)),
        let text = model.documents["tokenizer.json"]
      else { continue }
      #expect(throws: Never.self) { try JSONParser.parse(text) }
    }
  }

  // MARK: Damaged models

  private func message(ofModel bytes: [UInt8]) throws -> String {
    do {
      let configuration = try JSONParser.parse(
        """
        {"architectures": ["LlamaForCausalLM"], "hidden_size": 2, "intermediate_size": 2, "num_hidden_layers": 1,
         "num_attention_heads": 1, "max_position_embeddings": 128, "vocab_size": 444}
        """)
      _ = try GGUFLayout.make(
        [], configuration: configuration, tokenizer: TokenizerFiles(sentencePiece: bytes), form: .float32)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func `every broken SentencePiece model gets the message that was recorded for it`() throws {
    let folder = Fixture.path("formats/sentencepiece/broken")
    var report = ""
    for name in try Files.list(folder) {
      report += "\(name)\n  \(try message(ofModel: try Files.bytes(folder + "/" + name)))\n"
    }
    try Golden.expect(report, at: "broken-models.txt")
  }

  @Test func `a model cut short or changed anywhere never makes it trap`() throws {
    let valid = try Files.bytes(Self.folder + "/tokenizer.model")
    #expect(try message(ofModel: valid) == "no error")
    // The last message says how texts are normalised; without it, spaces would be removed.
    for length in stride(from: 0, to: valid.count, by: 3) {
      #expect(try message(ofModel: Array(valid[..<length])) != "no error", "cut at \(length)")
    }
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<1000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert([0, 1, 0x7F, 0x80, 255].randomElement(using: &generator) ?? 0, at: place)
        }
      }
      _ = try message(ofModel: bytes)
    }
  }
}
