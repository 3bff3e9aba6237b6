import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// `braid convert` and `braid verify` as users run them.
@Suite struct ConvertCommandTests {
  private let base = Fixture.path("families/a/base")

  private func tensors(_ path: String) throws -> [String: [UInt8]] {
    let model = try ModelFolder.open(path)
    return Dictionary(
      uniqueKeysWithValues: try model.weights.index.tensors.map { ($0.name, try model.weights.bytes(of: $0.name)) })
  }

  @Test(arguments: ["pytorch", "safetensors"]) func `there and back again every bit is the same`(format: String) throws
  {
    let folder = try TemporaryFolder()
    let there = try BraidBinary.run(["convert", base, folder("there"), "--format", format])
    #expect(there.status == 0, "\(there.errors)")
    let back = try BraidBinary.run(["convert", folder("there"), folder("back")])
    #expect(back.status == 0, "\(back.errors)")
    #expect(try tensors(folder("back")) == tensors(base))
    #expect(try tensors(folder("there")) == tensors(base))
    for file in ["tokenizer.json", "config.json", "chat_template.jinja"] {
      #expect(try Files.bytes(folder("back/\(file)")) == Files.bytes("\(base)/\(file)"), "\(file)")
    }
  }

  @Test func `a change of type says what rounding cost, and config.json names the new type`() throws {
    let folder = try TemporaryFolder()
    let run = try BraidBinary.run(["convert", base, folder("half"), "--format", "npz", "--dtype", "float16"])
    #expect(run.status == 0, "\(run.errors)")
    // The largest difference as NumPy finds it between these weights and themselves as float16.
    #expect(run.output.contains("bfloat16 to float16: largest rounding error 2.98e-8"), "\(run.output)")
    let exact = try BraidBinary.run(["convert", base, folder("full"), "--dtype", "float32"])
    #expect(exact.output.contains("bfloat16 to float32: exact"), "\(exact.output)")
    #expect(try ModelFolder.open(folder("full")).configuration?["dtype"]?.string == "float32")
  }

  @Test func `one pass through merge --format has the bytes of a merge that is converted`() throws {
    let folder = try TemporaryFolder()
    let spec = Fixture.merge("ties.yml")
    let direct = try BraidBinary.run(["merge", spec, "-o", folder("direct"), "--format", "pytorch"])
    #expect(direct.status == 0, "\(direct.errors)")
    #expect(try BraidBinary.run(["merge", spec, "-o", folder("merged")]).status == 0)
    #expect(try BraidBinary.run(["convert", folder("merged"), folder("two"), "--format", "pytorch"]).status == 0)
    #expect(try BraidBinary.run(["convert", spec, folder("spec"), "--format", "pytorch"]).status == 0)
    let file = "pytorch_model.bin"
    #expect(try tensors(folder("direct")) == tensors(folder("two")))
    #expect(try Files.bytes(folder("direct/\(file)")) == Files.bytes(folder("spec/\(file)")))
  }

  @Test func `an output that is named like a file is refused with what to write instead`() throws {
    let run = try BraidBinary.run(["convert", base, "model.safetensors"])
    #expect(run.status == 2 && run.errors.contains("the output is a folder; call it model"), "\(run.errors)")
  }

  @Test func `numpy's dtypes are its own`() throws {
    let folder = try TemporaryFolder()
    let run = try BraidBinary.run(["convert", base, folder("out"), "--format", "npz"])
    #expect(run.status == 1 && run.errors.contains("NumPy has no bfloat16") && run.errors.contains("--dtype float32"))
    #expect(!Files.exists(folder("out")))
  }

  // MARK: Verifying

  @Test func `what was written is sound until a bit of it changes`() throws {
    let folder = try TemporaryFolder()
    #expect(try BraidBinary.run(["merge", Fixture.merge("linear.yml"), "-o", folder("out")]).status == 0)
    let sound = try BraidBinary.run(["verify", folder("out")])
    #expect(sound.status == 0 && sound.output.contains("sound; 39 tensors, 39 as they were written"), "\(sound.output)")
    var bytes = try Files.bytes(folder("out/model.safetensors"))
    bytes[bytes.count / 2] ^= 1
    try folder.write("out/model.safetensors", bytes)
    let damaged = try BraidBinary.run(["verify", folder("out")])
    #expect(damaged.status == 1 && damaged.output.contains("is not what was written"), "\(damaged.output)")
    #expect(damaged.output.split(separator: "\n").count == 1, "\(damaged.output)")
  }

  @Test func `numbers that are not finite are found with their place`() throws {
    let folder = try TemporaryFolder()
    let values: [Float] = [1, .nan, 3, .infinity, .nan, 0]
    let bytes = values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    try folder.write(
      "model.safetensors",
      SafetensorsMaker.file([(TensorDescription(name: "w", dtype: .float32, shape: [2, 3]), bytes)]))
    let run = try BraidBinary.run(["verify", folder.path])
    #expect(run.status == 1)
    #expect(run.output.contains("tensor \"w\" has 2 NaN and 1 infinite of 6 elements, the first at 1"), "\(run.output)")
  }

  @Test func `a configuration of another model is noticed`() throws {
    let folder = try TemporaryFolder()
    try Files.copy("\(base)/model.safetensors", to: folder("model.safetensors"))
    let text = try Files.text("\(base)/config.json")
    try folder.write(
      "config.json",
      text.replacing("\"num_hidden_layers\": 4", with: "\"num_hidden_layers\": 7").replacing(
        "\"hidden_size\": 128", with: "\"hidden_size\": 64"))
    let run = try BraidBinary.run(["verify", folder.path, "--json"])
    #expect(run.status == 1)
    #expect(run.output.contains("states num_hidden_layers 7, but the weights have 4 in model.layers"), "\(run.output)")
    #expect(run.output.contains("states hidden_size 64, but model.embed_tokens.weight has the shape"), "\(run.output)")
  }
}
