import BraidTesting
import Checkpoints
import Documents
import MergeSpecs
import Merging
import Tensors
import Testing

@Suite struct AdapterMergeTests {
  private let folder: TemporaryFolder
  private let fixtures = Fixture.path("adapters")

  init() throws { folder = try TemporaryFolder() }

  /// The model that PEFT makes of a model and an adapter, as a folder.
  private func merged(_ kind: String, base: String) throws -> String {
    let stored = try Checkpoint.open("\(fixtures)/\(base)")
    let changed = try Checkpoint.open("\(fixtures)/expected/\(kind).safetensors")
    let added = changed.index.tensors.filter { stored.index[$0.name] == nil }
    let tensors = try (stored.index.tensors + added).map { tensor in
      (tensor, try (changed.index[tensor.name] == nil ? stored : changed).bytes(of: tensor.name))
    }
    try folder.write("\(kind)/model.safetensors", SafetensorsMaker.file(tensors))
    try Files.copy("\(fixtures)/\(base)/config.json", to: folder("\(kind)/config.json"))
    return folder(kind)
  }

  private func merge(_ spec: String, into name: String, threads: Int = 2) throws -> Checkpoint {
    let merge = try OpenedMerge.open(try folder.write("\(name).yml", spec))
    _ = try Merger.merge(
      merge, to: MergeOutput(destination: folder(name)), resources: MergeResources(threads: threads))
    return try Checkpoint.open(folder(name))
  }

  private func expectEqual(_ a: any TensorSource, _ b: any TensorSource, within tolerance: Float) throws {
    #expect(Set(a.index.tensors) == Set(b.index.tensors))
    for tensor in b.index.tensors {
      let (x, y) = (try a.floats(tensor.name), try b.floats(tensor.name))
      let largest = y.reduce(0) { max($0, abs($1)) }
      #expect(zip(x, y).allSatisfy { abs($0 - $1) <= tolerance * largest }, "\(tensor.name)")
    }
  }

  @Test(arguments: ["plain", "patterns", "dora", "embeddings", "whole-modules"])
  func `a spec with an adapter gives what the model gives that PEFT merged it into`(kind: String) throws {
    func spec(_ model: String) -> String {
      """
      merge_method: slerp
      base_model: \(fixtures)/llama
      models:
        - model: \(fixtures)/llama
        - model: \(model)
      parameters: {t: 0.7}
      dtype: float32
      """
    }
    let applied = try merge(spec("\(fixtures)/llama+\(fixtures)/\(kind)"), into: "applied")
    let expected = try merge(spec(try merged(kind, base: "llama")), into: "expected")
    try expectEqual(applied, expected, within: 2e-6)
    // The same bytes for any number of threads, and for the mapping form.
    let other = try merge(
      spec("{model: {path: \"\(fixtures)/llama\"}, lora: \"\(fixtures)/\(kind)\"}"), into: "other", threads: 1)
    for tensor in applied.index.tensors {
      #expect(try applied.bytes(of: tensor.name) == other.bytes(of: tensor.name))
    }
  }

  @Test func `a head that an adapter parts from its embedding is in the output, and so its configuration says`() throws
  {
    let spec = """
      merge_method: passthrough
      models: [{model: "\(fixtures)/tied+\(fixtures)/tied-head"}]
      """
    let merged = try merge(spec, into: "parted")
    #expect(merged.index["lm_head.weight"] != nil)
    let configuration = try JSONFile(path: folder("parted/config.json"))
    #expect(configuration.root["tie_word_embeddings"]?.bool == false)
    let expected = try Checkpoint.open("\(fixtures)/expected/tied-head.safetensors")
    let (ours, theirs) = (try merged.floats("lm_head.weight"), try expected.floats("lm_head.weight"))
    #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `an adapter can be applied to the result of a stage`() throws {
    func stage(_ parts: [String]) -> String { parts.joined(separator: "---\n") }
    let first = """
      name: first
      merge_method: linear
      dtype: float32
      models:
        - {model: "\(fixtures)/llama", parameters: {weight: 1}}
        - {model: "\(fixtures)/llama+\(fixtures)/dora", parameters: {weight: 1}}

      """
    let second = """
      merge_method: passthrough
      models: [{model: "first+\(fixtures)/plain"}]

      """
    let staged = try merge(stage([first, second]), into: "staged")
    _ = try merge(first.replacing("name: first\n", with: ""), into: "first")
    let expected = try merge(second.replacing("first+", with: "\(folder("first"))+"), into: "by-hand")
    for tensor in expected.index.tensors {
      #expect(try staged.bytes(of: tensor.name) == expected.bytes(of: tensor.name), "\(tensor.name)")
    }
  }

  @Test func `another architecture stands in the output's configuration`() throws {
    let spec = """
      merge_method: passthrough
      models: [{model: {model: "\(fixtures)/llama", override_architecture: MistralForCausalLM}}]
      """
    _ = try merge(spec, into: "other")
    let configuration = try JSONFile(path: folder("other/config.json"))
    #expect(configuration.root["architectures"]?.array?.compactMap(\.string) == ["MistralForCausalLM"])
    #expect(configuration.root["num_hidden_layers"]?.int == 2)
  }

  @Test func `the plan shows the adapter`() throws {
    let merge = try OpenedMerge.open(
      try folder.write(
        "spec.yml",
        """
        merge_method: linear
        models:
          - {model: "\(fixtures)/llama+\(fixtures)/plain", parameters: {weight: 1}}
          - {model: "\(fixtures)/llama", parameters: {weight: 1}}
        """))
    #expect(merge.plan.models[0].location == "\(fixtures)/llama + \(fixtures)/plain")
    #expect(merge.diagnostics.isEmpty)
    let heading = merge.plan.text().split(separator: "\n").prefix(3).joined(separator: "\n")
    // Columns are as wide as the paths, which differ from machine to machine.
    let lines = heading.replacing(fixtures, with: "FIXTURES").replacing(/\ {3,}/, with: "  ")
    try Golden.expect(lines + "\n", at: "adapter-plan.txt")
  }

  @Test func `a merge made with another adapter is another merge`() throws {
    func identity(_ text: String) throws -> [String] {
      try ParentModel.open(ModelReference(text: text, position: SourcePosition(line: 1, column: 1))).identity
    }
    let model = "\(fixtures)/llama"
    let lines = try identity("\(model)+\(fixtures)/plain")
    #expect(lines.starts(with: try identity(model)))
    #expect(lines.contains { $0.hasPrefix("settings \(fixtures)/plain/adapter_config.json ") })
    #expect(lines.contains { $0.hasPrefix("file \(fixtures)/plain/adapter_model.safetensors ") })
    #expect(try identity("\(model)+\(fixtures)/dora") != lines)
  }

  @Test func `commands take a model with an adapter, and conversion merges it in`() throws {
    let resources = MergeResources(threads: 1)
    let model = try OpenedModel.open("\(fixtures)/llama+\(fixtures)/plain", resources: resources)
    #expect(model.name == "llama+plain")
    _ = try Converter.convert(
      try #require(model.parents.first), to: MergeOutput(destination: folder("converted")), resources: resources)
    let expected = try Checkpoint.open(try merged("plain", base: "llama"))
    try expectEqual(try Checkpoint.open(folder("converted")), expected, within: 1e-6)
    #expect(
      try Files.bytes(folder("converted/config.json")) == Files.bytes("\(fixtures)/llama/config.json"))
  }

  @Test func `a folder whose name contains the marks wins on the command line`() throws {
    for name in ["model.safetensors", "config.json"] {
      let bytes = try Files.bytes("\(fixtures)/llama/\(name)")
      try folder.write("llama+odd@name/\(name)", bytes)
    }
    let model = try OpenedModel.open(folder("llama+odd@name"), resources: MergeResources(threads: 1))
    #expect(model.name == "llama+odd@name")
    #expect(model.weights is Checkpoint)
  }

  @Test func `references that lead nowhere are explained`() throws {
    try folder.write("odd+name/config.json", "{}")
    let models = [
      "odd+name", "\(fixtures)/llama+nowhere", "\(fixtures)/plain", "\(fixtures)/llama+\(fixtures)/gpt2",
      "\(fixtures)/llama+\(fixtures)/conv1d", "\(fixtures)/llama@main",
    ]
    let entries = models.map { "  - {model: \"\($0)\", parameters: {weight: 1}}\n" }.joined()
    var report = ""
    do {
      _ = try OpenedMerge.open(try folder.write("spec.yml", "merge_method: linear\nmodels:\n" + entries))
    } catch let error as MergeSpecError {
      report = error.diagnostics.map { $0.rendered(text: nil) }.joined(separator: "\n")
    }
    // What an adapter was trained on may be beside it.
    try folder.write("copy/adapter_config.json", #"{"base_model_name_or_path": "odd+name"}"#)
    for argument in [folder("copy"), "a+b+c", "a+"] {
      do {
        _ = try OpenedModel.open(argument, resources: MergeResources(threads: 1))
      } catch { report += "\n\(error)" }
    }
    report = report.replacing(fixtures, with: "FIXTURES")
    report = report.replacing(folder.path, with: "FOLDER")
    // The lists of places that were searched depend on the machine.
    report = report.split(separator: "\n").map { line in
      line.firstRange(of: "; looked for ").map { String(line[..<$0.lowerBound]) } ?? String(line)
    }.joined(separator: "\n")
    try Golden.expect(report + "\n", at: "adapter-diagnostics.txt")
  }
}
