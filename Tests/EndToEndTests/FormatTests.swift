import BraidTesting
import Checkpoints
import Tensors
import Testing

/// One model in every format, as users convert, evaluate and merge it.
@Suite struct FormatTests {
  private static let base = Fixture.path("families/a/base")
  private static let prompts = ["facts", "text"].map { Fixture.path("families/a/prompts/\($0).heldout.jsonl") }

  /// The base in a format, converted into a folder of its own.
  private func convert(_ format: String, into folder: TemporaryFolder, _ options: String...) throws -> String {
    let output = folder(([format] + options).joined(separator: "-").filter { $0.isLetter || $0.isNumber })
    let run = try BraidBinary.run(["convert", Self.base, output, "--format", format] + options)
    #expect(run.status == 0, "\(run.errors)")
    return output
  }

  /// What a model answers to the prompts: every log-likelihood, as text.
  private func answers(_ model: String, in folder: TemporaryFolder) throws -> [String] {
    let samples = folder("samples.jsonl")
    let run = try BraidBinary.run(
      ["eval", model, "--quiet", "--samples", samples, "--limit", "40", "--prompts"] + Self.prompts)
    #expect(run.status == 0, "\(run.errors)")
    // The first member names the model, which differs.
    return try Files.text(samples).split(separator: "\n").map { line in
      let task = try #require(line.firstRange(of: "\"task\""))
      return String(line[task.lowerBound...])
    }
  }

  @Test func `the same model in five formats gives the same log-likelihoods, to the bit`() throws {
    let folder = try TemporaryFolder()
    let expected = try answers(Self.base, in: folder)
    #expect(expected.count == 80)
    for format in OutputOptions.Format.allCases.map(\.rawValue) {
      let model = try convert(format, into: folder, "--dtype", "float32")
      #expect(try answers(model, in: folder) == expected, "\(format)")
    }
  }

  @Test func `a GGUF file alone is a model: it brings its configuration and its tokenizer`() throws {
    let folder = try TemporaryFolder()
    let model = try convert("gguf", into: folder, "--dtype", "float32")
    try Files.makeFolder(folder("alone"))
    try Files.copy(model + "/model.gguf", to: folder("alone/model.gguf"))
    #expect(try answers(folder("alone/model.gguf"), in: folder) == answers(Self.base, in: folder))
  }

  @Test func `one spec merges three formats, and gives what one format gives`() throws {
    let folder = try TemporaryFolder()
    let models = try ["gguf", "hdf5", "pytorch"].map { try convert($0, into: folder, "--dtype", "float32") }
    func merge(_ models: [String], as name: String) throws -> [UInt8] {
      let list = models.map { "- model: \($0)\n  parameters: {weight: 0.3}\n" }.joined()
      try folder.write("\(name).yml", "merge_method: linear\ndtype: float32\nmodels:\n\(list)")
      let run = try BraidBinary.run(["merge", folder("\(name).yml"), "-o", folder(name)])
      #expect(run.status == 0, "\(run.errors)")
      let checkpoint = try Checkpoint.open(folder(name))
      return try checkpoint.index.tensors.sorted { $0.name < $1.name }.flatMap { try checkpoint.bytes(of: $0.name) }
    }
    let mixed = try merge(models, as: "mixed")
    #expect(try mixed == merge([Self.base, Self.base, Self.base], as: "plain"))
    #expect(Files.exists(folder("mixed/tokenizer.json")) && Files.exists(folder("mixed/config.json")))
  }

  @Test(arguments: ["q8_0", "q4_0", "q4_k", "q6_k"])
  func `quantising in one pass is quantising the written merge`(blocks: String) throws {
    let folder = try TemporaryFolder()
    let spec = Fixture.merge("task-arithmetic.yml")
    let form = ["--format", "gguf", "--quantize", blocks]
    #expect(try BraidBinary.run(["merge", spec, "-o", folder("direct"), "--threads", "1"] + form).status == 0)
    #expect(try BraidBinary.run(["merge", spec, "-o", folder("plain")]).status == 0)
    #expect(try BraidBinary.run(["convert", folder("plain"), folder("two")] + form).status == 0)
    let (direct, two) = (try Checkpoint.open(folder("direct")), try Checkpoint.open(folder("two")))
    #expect(direct.index.tensors.map(\.name).sorted() == two.index.tensors.map(\.name).sorted())
    for tensor in direct.index.tensors {
      #expect(try direct.bytes(of: tensor.name) == two.bytes(of: tensor.name), "\(tensor.name)")
    }
    #expect(try BraidBinary.run(["verify", folder("direct"), "--quiet"]).status == 0)
    let eval = try BraidBinary.run(["eval", folder("direct"), "--quiet", "--prompts", Self.prompts[0]])
    #expect(eval.status == 0, "\(eval.errors)")
  }

  @Test(arguments: OutputOptions.Format.allCases) func `repeats are byte-identical`(
    format: OutputOptions.Format
  ) throws {
    let folder = try TemporaryFolder()
    var files: [[UInt8]] = []
    for threads in ["1", "3"] {
      let output = folder("out-\(threads)")
      let run = try BraidBinary.run(
        ["convert", Self.base, output, "--format", format.rawValue, "--dtype", "float16", "--threads", threads]
          + ["--memory", "16MB"])
      #expect(run.status == 0, "\(run.errors)")
      files.append(try Files.list(output).flatMap { try Files.bytes("\(output)/\($0)") })
    }
    #expect(files[0] == files[1])
  }
}
