import BraidTesting
import Checkpoints
import Documents
import MergeSpecs
import Merging
import Tensors
import Testing

/// Merges of models with different vocabularies, against mergekit and by their own promises.
@Suite struct VocabularyMergeTests {
  static let models = Fixture.path("vocabularies")
  static let names = ["base", "mean", "model", "padded", "tokens", "union"]
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ text: String) throws -> OpenedMerge {
    try OpenedMerge.open(try folder.write("spec.yml", text.replacingModels(in: Self.models)))
  }

  private func source(_ merge: OpenedMerge, threads: Int = 2) -> PlannedTensorSource {
    PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: MergeResources(threads: threads))
  }

  private static func golden() throws -> JSONNode { try JSONParser.parse(try Files.bytes(models + "/golden.json")) }

  /// The token numbers that a merge's `tokenizer.json` states.
  private func tokens(_ merge: OpenedMerge) throws -> [[UInt8]: Int] {
    let root = try JSONParser.parse(try #require(try merge.donor.folder.file(named: "tokenizer.json")))
    var ids: [[UInt8]: Int] = [:]
    for member in root["model"]?["vocab"]?.object ?? [] { ids[Array(member.key.utf8)] = member.node.int }
    for token in root["added_tokens"]?.array ?? [] {
      ids[Array(try #require(token["content"]?.string).utf8)] = token["id"]?.int
    }
    return ids
  }

  /// A row as one number: its elements times 1, 2, … summed up.
  private func signature(_ values: [Float], row: Int) -> Double {
    (0..<8).reduce(0) { $0 + Double(values[row * 8 + $1]) * Double($1 + 1) }
  }

  // MARK: Equality with mergekit

  @Test func `every reference merge has a test`() throws {
    #expect(Set(try Self.golden()["merges"]?.object?.map(\.key) ?? []) == Set(Self.names))
  }

  @Test(arguments: names) func `every token has the rows that mergekit gives it`(name: String) throws {
    let golden = try #require(try Self.golden()["merges"]?[name])
    // The spec is JSON, which is YAML too; its references have to be made absolute.
    let text = JSONText.of(try #require(golden["spec"])).replacing("\"./", with: "\"\(Self.models)/")
    let merge = try OpenedMerge.open(try folder.write("spec.yml", text))
    let merged = source(merge)
    let ids = try tokens(merge)
    let rows = try #require(golden["rows"]?.object)
    #expect(Set(ids.keys) == Set(rows.map { Array($0.key.utf8) }))
    for (column, tensor) in ["model.embed_tokens.weight", "lm_head.weight"].enumerated() {
      let values = try merged.floats(tensor)
      for row in rows {
        let expected = try #require(row.node.array?[column].double)
        let id = try #require(ids[Array(row.key.utf8)])
        #expect(abs(signature(values, row: id) - expected) < 1e-5, "\(tensor): \(row.key)")
      }
      if let padding = golden["padding"]?.array {
        #expect(values.count / 8 == golden["count"]?.int)
        for (number, row) in padding.enumerated() {
          let expected = try #require(row.array?[column].double)
          #expect(abs(signature(values, row: rows.count + number) - expected) < 1e-5)
        }
      }
    }
  }

  // MARK: What is written

  private static let union = """
    merge_method: linear
    base_model: ./base
    models:
      - {model: ./base, parameters: {weight: 1}}
      - {model: ./longer, parameters: {weight: 2}}
      - {model: ./foreign, parameters: {weight: 1}}
    tokenizer_source: union
    """

  @Test func `the output's folder agrees with itself`() throws {
    let merge = try open(Self.union)
    #expect(merge.diagnostics.map(\.severity) == [.warning, .note])
    #expect(merge.diagnostics[0].message.contains("\"<think>\" is defined differently by"))
    _ = try Merger.merge(merge, to: MergeOutput(destination: folder("out")), resources: MergeResources(threads: 2))
    let output = try ModelFolder.open(folder("out"))
    let rows = try #require(output.weights.index["model.embed_tokens.weight"]?.shape.dimensions.first)
    #expect(output.configuration?["vocab_size"]?.int == rows && rows == 113)
    #expect(output.configuration?["eos_token_id"]?.int == 1)
    try Golden.expect(try Files.text(folder("out/tokenizer.json")), at: "union/tokenizer.json")
    let sources = try Files.text(folder("out/token_sources.json")).replacing(Self.models, with: "")
    try Golden.expect(sources, at: "union/token_sources.json")
    let record = try JSONParser.parse(try Files.bytes(folder("out/token_sources.json")))
    #expect(record["rows"]?.int == rows)
    // What a merge said about its tokens does not go with the next one's output.
    #expect(!output.filesToCarry.map(\.name).contains("token_sources.json"))
    // A merge of the output with its base again finds all tokens where they were.
    let again = try OpenedMerge.open(
      try folder.write(
        "again.yml",
        """
        merge_method: passthrough
        base_model: \(folder("out"))
        models: [{model: \(folder("out"))}]
        tokenizer: {source: union, tokens: {the: {source: \(Self.models)/base}}}
        """))
    #expect(try source(again).bytes(of: "lm_head.weight") == output.weights.bytes(of: "lm_head.weight"))
  }

  @Test func `another model's tokenizer comes with everything that goes with it`() throws {
    let merge = try open(
      """
      merge_method: linear
      base_model: ./base
      models:
        - {model: ./base, parameters: {weight: 1}}
        - {model: ./longer, parameters: {weight: 1}}
      tokenizer_source: ./longer
      """)
    let home = merge.donor.folder
    for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
      #expect(try home.file(named: name) == Files.bytes("\(Self.models)/longer/\(name)"))
    }
    let configuration = try #require(try merge.configuration()?.root)
    let theirs = try JSONParser.parse(try Files.bytes(Self.models + "/longer/config.json"))
    for key in ["vocab_size", "bos_token_id", "eos_token_id"] {
      #expect(configuration[key]?.int == theirs[key]?.int)
    }
    let generation = try JSONParser.parse(try #require(try home.file(named: "generation_config.json")))
    #expect(generation["eos_token_id"]?.array?.compactMap(\.int) == [1, 66])
  }

  @Test func `one vocabulary for all changes nothing`() throws {
    let text = """
      merge_method: linear
      base_model: ./base
      models: [{model: ./base, parameters: {weight: 1}}]
      """
    let plain = try open(text)
    for wish in ["tokenizer_source: union", "tokenizer_source: base", "tokenizer: {}"] {
      let merge = try open(text + "\n" + wish)
      #expect(merge.diagnostics == [] && merge.donor.folder.overlay.isEmpty)
      #expect(merge.plan.outputIndex == plain.plan.outputIndex)
    }
  }

  // MARK: Sources

  @Test func `remapped weights keep the promises of a source`() async throws {
    for wish in ["tokenizer_source: union", "tokenizer: {pad_to_multiple_of: 48, tokens: {new: {}}}"] {
      let merge = try open(Self.union.replacing("tokenizer_source: union", with: wish))
      for parent in merge.parents { try await TensorSourceContract.check(AnySource(parent.weights)) }
    }
  }

  @Test(arguments: [DType.bfloat16, .float16, .float32]) func `rows of every dtype are gathered, rounded once`(
    dtype: DType
  ) throws {
    let (a, b) = (try model("a", ["x", "y"], dtype: dtype, tied: true), try model("b", ["y", "z"], dtype: .float32))
    let c = try model("c", ["z", "w"], dtype: dtype)
    let merge = try OpenedMerge.open(
      try folder.write("spec.yml", Self.plain([a, b, c], "tokenizer_source: union")))
    let parent = merge.parents[0].weights
    #expect(
      parent.index["model.embed_tokens.weight"]
        == TensorDescription(name: "model.embed_tokens.weight", dtype: dtype, shape: [4, 2]))
    // x and y are a's own, z is the mean of b's and c's, w is c's.
    let values = try VocabularyMergeTests.values(parent, "model.embed_tokens.weight")
    #expect(values == [0, 1, 2, 3, 1, 2, 2, 3])
    // The head that a shares with its embedding takes rows of the others' heads.
    let head = try VocabularyMergeTests.values(parent, "lm_head.weight")
    #expect(head == [0, 1, 2, 3, 51, 52, 102, 103])
  }

  private static func values(_ source: any TensorSource, _ name: String) throws -> [Float] {
    let dtype = source.index[name]?.dtype
    if dtype != .float16 { return try source.floats(name) }
    return try source.words16(name).map { Float(Float16(bitPattern: $0)) }
  }

  private static func plain(_ models: [String], _ rest: String) -> String {
    "merge_method: linear\nbase_model: \(models[0])\nmodels:\n"
      + models.map { "  - {model: \($0), parameters: {weight: 1}}\n" }.joined() + rest + "\n"
  }

  /// A model of width two: the embedding holds 0, 1, 2, …, the head the same and 100 more for each row but the first.
  private func model(
    _ name: String, _ tokens: [String], dtype: DType = .float32, tied: Bool = false, tokenizer: String? = nil,
    width: Int = 2
  ) throws -> String {
    let vocabulary = tokens.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let text = "{\"model\": {\"type\": \"BPE\", \"vocab\": {\(vocabulary)}, \"merges\": []}}"
    if tokenizer == nil { try folder.write("\(name)/tokenizer.json", text) }
    try folder.write("\(name)/config.json", "{\"vocab_size\": \(tokens.count), \"tie_word_embeddings\": \(tied)}")
    let embedding = (0..<tokens.count * width).map(Float.init)
    let head = embedding.enumerated().map { $1 + ($0 < width ? 0 : 100) }
    var tensors = [("model.embed_tokens.weight", embedding)]
    if !tied { tensors.append(("lm_head.weight", head)) }
    let made = tensors.map { name, values in
      (
        description: TensorDescription(name: name, dtype: dtype, shape: [tokens.count, width]),
        bytes: values.flatMap { Self.bytes($0, dtype) }
      )
    }
    try folder.write("\(name)/model.safetensors", SafetensorsMaker.file(made))
    return folder(name)
  }

  private static func bytes(_ value: Float, _ dtype: DType) -> [UInt8] {
    switch dtype {
    case .float16: withUnsafeBytes(of: Float16(value).bitPattern.littleEndian, Array.init)
    case .bfloat16: withUnsafeBytes(of: UInt16(truncatingIfNeeded: value.bitPattern >> 16).littleEndian, Array.init)
    default: withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }
  }

  // MARK: Refusals

  @Test func `models that cannot join a vocabulary are refused by name`() throws {
    let a = try model("a", ["x", "y"])
    let b = try model("b", ["y", "z", "w"], tokenizer: "none")
    let wide = try model("wide", ["x"], width: 4)
    func messages(_ models: [String]) throws -> String {
      do {
        _ = try OpenedMerge.open(try folder.write("spec.yml", Self.plain(models, "tokenizer_source: union")))
        return ""
      } catch let error as MergeSpecError {
        return error.diagnostics.filter { $0.severity == .error }.map { $0.rendered(text: nil) }.joined(separator: "\n")
          .replacing(folder.path, with: "")
      }
    }
    #expect(try messages([a, b]).contains("error: /b has no tokenizer.json"))
    try folder.write("b/tokenizer.model", "x")
    #expect(try messages([a, b]).contains("error: /b has tokenizer.model, but no tokenizer.json"))
    #expect(try messages([a, wide]).contains("rows of 4 elements, that of /a of 2"))
    try folder.write("b/tokenizer.json", "{\"model\": 1}")
    #expect(try messages([a, b]).contains("/b/tokenizer.json, line 1, column 1: there is no model"))
    let plain = try folder.write("spec.yml", Self.plain([a, try model("c", ["x", "y", "z"])], ""))
    #expect(throws: MergeSpecError.self) { try OpenedMerge.open(plain) }
  }

  @Test func `a model without a tokenizer has the base's, if their sizes agree`() throws {
    let (a, b) = (try model("a", ["x", "y"]), try model("b", ["x", "y"], tokenizer: "none"))
    let merge = try OpenedMerge.open(try folder.write("spec.yml", Self.plain([a, b], "tokenizer_source: union")))
    #expect(merge.diagnostics.map(\.severity) == [.warning])
    #expect(merge.diagnostics[0].message.contains("has no tokenizer.json; its tokens are taken to be those of"))
  }

  // MARK: Chat templates

  @Test func `a chat template goes where the donor keeps its own`() throws {
    func donor(_ base: String, _ wish: String) throws -> ModelFolder {
      try open(
        """
        merge_method: passthrough
        models: [{model: ./\(base)}]
        base_model: ./\(base)
        chat_template: \(wish)
        """
      ).donor.folder
    }
    let longer = try donor("longer", "chatml")
    let written = String(decoding: try #require(try longer.file(named: "chat_template.jinja")), as: UTF8.self)
    #expect(written.contains("<|im_start|>"))
    #expect(longer.overlay.count == 1)
    let base = try donor("base", "mistral")
    #expect(try base.json(named: "tokenizer_config.json")?.root["chat_template"]?.string?.contains("[INST]") == true)
    #expect(try base.file(named: "chat_template.jinja") == nil)
  }

  @Test func `auto takes the template that most models have`() throws {
    let merge = try open(
      Self.union.replacing("tokenizer_source: union", with: "chat_template: auto\ntokenizer_source: union"))
    let template = try merge.donor.folder.json(named: "tokenizer_config.json")?.root["chat_template"]?.string
    #expect(template == "{% for message in messages %}{{ message['content'] }}<|im_end|>{% endfor %}")
    let none = try open("merge_method: passthrough\nmodels: [{model: ./base}]\nchat_template: auto\n")
    #expect(none.diagnostics.map(\.message) == ["no model has a chat template, so the output has none either"])
  }
}

/// A source behind its protocol.
private struct AnySource: TensorSource {
  let source: any TensorSource
  init(_ source: any TensorSource) { self.source = source }
  var index: TensorIndex { source.index }
  func read(_ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    try source.read(tensor, elements: range, into: destination)
  }
  func region(of tensor: String) throws -> TensorRegion? { try source.region(of: tensor) }
}

/// Parsed JSON as text again.
private enum JSONText {
  static func of(_ node: JSONNode) -> String {
    switch node.value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let text): text
    case .string(let text): JSONEdit.quote(text)
    case .array(let elements): "[" + elements.map(of).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { JSONEdit.quote($0.key) + ": " + of($0.node) }.joined(separator: ", ") + "}"
    }
  }
}
