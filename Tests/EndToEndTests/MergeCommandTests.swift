import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// `braid merge` as users run it.
@Suite struct MergeCommandTests {
  static let specs =
    (try? Files.list(Fixture.packageRoot + "/merges"))?.compactMap { path in
      path.split(separator: "/").last.map(String.init)
    }.filter { $0.hasSuffix(".yml") } ?? []

  @Test(arguments: specs) func `every example is planned and merged into a folder with all that a model needs`(
    name: String
  ) throws {
    let folder = try TemporaryFolder()
    let plan = try BraidBinary.run(["plan", Fixture.merge(name)])
    #expect(plan.status == 0, "\(plan.errors)")
    let merge = try BraidBinary.run(["merge", Fixture.merge(name), "-o", folder("out")])
    #expect(merge.status == 0, "\(merge.errors)")
    let model = try ModelFolder.open(folder("out"))
    let layers = try #require(model.configuration?["num_hidden_layers"]?.int)
    #expect(model.checkpoint.index.tensors.count == 9 * layers + 3)
    let donor = Fixture.path("families/a/base")
    for file in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"] {
      #expect(try Files.bytes(folder("out/\(file)")) == Files.bytes("\(donor)/\(file)"))
    }
    #expect(try Files.bytes(folder("out/merge.yml")) == Files.bytes(Fixture.merge(name)))
    #expect(model.configuration?["dtype"]?.string == model.checkpoint.index.tensors.first?.dtype.rawValue)
  }

  @Test func `threads, budget and shards change no element`() throws {
    let folder = try TemporaryFolder()
    var expected: [String: [UInt8]] = [:]
    for (round, options) in [
      ["--threads", "1", "--memory", "16MB"], ["--threads", "5", "--memory", "2GiB"],
      ["--threads", "2", "--max-shard-size", "500kB"],
    ].enumerated() {
      let output = folder("out-\(round)")
      let merge = try BraidBinary.run(["merge", Fixture.merge("ties.yml"), "-o", output] + options)
      #expect(merge.status == 0, "\(merge.errors)")
      let checkpoint = try Checkpoint.open(output)
      #expect((checkpoint.files.count > 1) == (round == 2))
      let contents = Dictionary(
        uniqueKeysWithValues: try checkpoint.index.tensors.map { ($0.name, try checkpoint.bytes(of: $0.name)) })
      if round == 0 { expected = contents }
      #expect(contents == expected)
    }
  }

  @Test func `an existing folder is kept without --force and replaced with it`() throws {
    let folder = try TemporaryFolder()
    try folder.write("out/precious.txt", "mine")
    let refused = try BraidBinary.run(["merge", Fixture.merge("linear.yml"), "-o", folder("out")])
    #expect(refused.status != 0 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try Files.text(folder("out/precious.txt")) == "mine")
    let forced = try BraidBinary.run(["merge", Fixture.merge("linear.yml"), "-o", folder("out"), "--force"])
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(!Files.exists(folder("out/precious.txt")) && Files.exists(folder("out/model.safetensors")))
  }

  @Test func `a faulty spec is reported with places, makes nothing and exits with 2`() throws {
    let folder = try TemporaryFolder()
    let spec = try folder.write(
      "spec.yml",
      """
      merge_method: linaer
      models:
        - model: \(Fixture.path("families/a/base"))
          weight: 1
      dtpe: float32
      """)
    let result = try BraidBinary.run(["merge", spec, "-o", folder("out")])
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.contains("spec.yml:1:15: error:") && result.errors.contains("did you mean linear?"))
    #expect(result.errors.contains("spec.yml:5:1: error:") && result.errors.contains("did you mean dtype?"))
    #expect(!Files.exists(folder("out")))
  }

  @Test func `wrong arguments exit with 2 and say what is right`() throws {
    for (arguments, message) in [
      (["merge"], "spec"), (["merge", "nothing.yml", "-o", "x"], "nothing.yml"),
      (["merge", Fixture.merge("ties.yml"), "-o", "x", "--memory", "lots"], "--memory"),
      (["merge", Fixture.merge("ties.yml"), "-o", "x", "--memory", "1MB"], "at least 16.0 MB"),
      (["merge", Fixture.merge("ties.yml"), "-o", "x", "--threads", "0"], "from 1 to 1024"),
      (["merge", Fixture.merge("ties.yml"), "-o", "x", "--force", "--resume"], "--resume"), (["mrege"], "mrege"),
    ] {
      let result = try BraidBinary.run(arguments)
      #expect(result.status == 2 && result.errors.contains(message), "\(arguments): \(result.errors)")
    }
  }

  @Test func `a truncated weight file is an error with its place, never a crash`() throws {
    let folder = try TemporaryFolder()
    try Files.copy(Fixture.path("families/a/base"), to: folder("base"))
    let bytes = try Files.bytes(folder("base/model.safetensors"))
    let spec = try folder.write(
      "spec.yml", "merge_method: passthrough\nmodels:\n  - model: base\ndtype: bfloat16\n")
    for count in [0, 7, 8, 100, 4136, 4137, bytes.count - 1] {
      try folder.write("base/model.safetensors", Array(bytes[0..<count]))
      let result = try BraidBinary.run(["merge", spec, "-o", folder("out")])
      #expect(result.status == 2 && result.errors.contains("model.safetensors"), "\(count): \(result.errors)")
      #expect(!Files.exists(folder("out")))
    }
  }
}
