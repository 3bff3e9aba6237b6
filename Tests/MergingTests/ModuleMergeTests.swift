import BraidTesting
import Checkpoints
import Documents
import MergeSpecs
import Merging
import Tensors
import Testing

/// Models of several parts, with the names and shapes that transformers gives them and random weights: one part is
/// merged, and what comes out is what the formula says, tensor by tensor.
@Suite struct ModuleMergeTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var model: String
    /// The part that is merged, and how its tensors' names begin.
    var part: String
    var prefixes: [String]

    var testDescription: String { "\(model): \(part)" }
  }

  static let cases: [Case] = [
    Case(model: "t5", part: "decoder", prefixes: ["decoder."]),
    Case(model: "t5", part: "encoder", prefixes: ["encoder."]),
    Case(model: "whisper", part: "encoder", prefixes: ["model.encoder."]),
    Case(model: "whisper", part: "decoder", prefixes: ["model.decoder.", "proj_out."]),
    Case(model: "llava", part: "text_decoder", prefixes: ["language_model."]),
    Case(model: "llava", part: "vision_tower", prefixes: ["vision_tower."]),
    Case(model: "llava", part: "multi_modal_projector", prefixes: ["multi_modal_projector."]),
    Case(model: "qwen2-vl", part: "visual", prefixes: ["visual.blocks.", "visual.patch_embed."]),
    Case(model: "gemma3", part: "vision_tower", prefixes: ["vision_tower.", "model.vision_tower."]),
  ]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes two models of a kind whose headers are recorded for the planner's tests.
  private func write(_ kind: String) throws -> JSONNode {
    let path = Fixture.packageRoot + "/Tests/MergeSpecsTests/Planning/Goldens/headers.json"
    let bytes = try Files.bytes(path)
    let model = try #require(JSONParser.parse(bytes)[kind])
    let configuration = try #require(model["config"])
    for (number, name) in ["a", "b"].enumerated() {
      var generator = SeededGenerator(seed: UInt64(number + 3))
      let tensors = (model["tensors"]?.object ?? []).map { member in
        let description = TensorDescription(
          name: member.key, dtype: .float32, shape: Shape((member.node.array ?? []).compactMap(\.int)))
        let elements = (0..<description.shape.elementCount).flatMap { _ in
          withUnsafeBytes(of: Float.random(in: -1...1, using: &generator).bitPattern.littleEndian, Array.init)
        }
        return (description: description, bytes: elements)
      }
      try folder.write("\(name)/model.safetensors", SafetensorsMaker.file(tensors))
      try folder.write("\(name)/config.json", String(decoding: bytes[configuration.range], as: UTF8.self))
      try folder.write("\(name)/preprocessor_config.json", "{\"made_for\": \"\(name)\"}\n")
    }
    return model
  }

  private func merge(_ spec: String) throws -> (a: any TensorSource, b: any TensorSource, merged: Checkpoint) {
    let merge = try OpenedMerge.open(try folder.write("spec.yml", spec))
    #expect(merge.diagnostics.allSatisfy { $0.severity != .error })
    _ = try Merger.merge(
      merge, to: MergeOutput(destination: folder("out"), mode: .force), resources: MergeResources(threads: 2))
    return (
      try Checkpoint.open(folder("a")), try Checkpoint.open(folder("b")), try Checkpoint.open(folder("out"))
    )
  }

  @Test(arguments: cases) func `one part is merged and the others are copied`(test: Case) throws {
    _ = try write(test.model)
    let (a, b, merged) = try merge(
      """
      base_model: ./a
      modules:
        \(test.part):
          merge_method: linear
          parameters: {normalize: false}
          models:
            - {model: ./a, parameters: {weight: 0.25}}
            - {model: ./b, parameters: {weight: 0.5}}
      """)
    #expect(Set(merged.index.tensors.map(\.name)) == Set(a.index.tensors.map(\.name)))
    var count = 0
    for tensor in a.index.tensors {
      let (x, z) = (try a.floats(tensor.name), try merged.floats(tensor.name))
      guard test.prefixes.contains(where: tensor.name.hasPrefix) else {
        #expect(x == z, "\(tensor.name) is copied")
        continue
      }
      count += 1
      let y = try b.floats(tensor.name)
      // Weights are powers of two: both products are exact, and the sum is rounded once.
      let isMerged = zip(zip(x, y), z).allSatisfy { $0.0 * 0.25 + $0.1 * 0.5 == $1 }
      // Tables of positions are copied as they are.
      #expect(isMerged || (x == z && tensor.name.contains("position")), "\(tensor.name)")
    }
    #expect(count > 1 && count < a.index.tensors.count)
    #expect(try Files.text(folder("out/preprocessor_config.json")) == Files.text(folder("a/preprocessor_config.json")))
  }

  @Test(arguments: [("t5", "encoder", "num_layers"), ("whisper", "encoder", "encoder_layers")])
  func `an encoder grows by itself, and the configuration counts its layers`(
    model: String, part: String, key: String
  ) throws {
    let header = try write(model)
    let (a, _, merged) = try merge(
      """
      base_model: ./a
      merge_method: passthrough
      modules:
        \(part):
          slices:
            - sources: [{model: ./a, layer_range: [0, 2]}]
            - sources: [{model: ./b, layer_range: [1, 2]}]
      """)
    let stack = model == "t5" ? "encoder.block." : "model.encoder.layers."
    let b = try Checkpoint.open(folder("b"))
    let added = merged.index.tensors.filter { $0.name.hasPrefix(stack + "2.") }
    #expect(!added.isEmpty)
    for tensor in added {
      let origin = tensor.name.replacing(stack + "2.", with: stack + "1.")
      #expect(try merged.bytes(of: tensor.name) == b.bytes(of: origin))
    }
    #expect(merged.index.tensors.count == a.index.tensors.count + added.count)
    let configuration = try JSONFile(path: folder("out/config.json")).root
    #expect(configuration[key]?.int == 3)
    let decoder = model == "t5" ? "num_decoder_layers" : "decoder_layers"
    #expect(configuration[decoder]?.int == header["config"]?[decoder]?.int)
  }

  @Test func `a part merged by a method over a base keeps to that part`() throws {
    _ = try write("llava")
    try Files.makeFolder(folder("c"))
    for name in ["model.safetensors", "config.json"] { try Files.copy(folder("b/" + name), to: folder("c/" + name)) }
    let (a, b, merged) = try merge(
      """
      base_model: ./a
      merge_method: task_arithmetic
      parameters: {lambda: 0.5}
      modules:
        language_model:
          models: [{model: ./b, parameters: {weight: 1}}, {model: ./c, parameters: {weight: -1}}]
        vision_tower:
          models: [{model: ./b, parameters: {weight: 2}}]
      """)
    for tensor in a.index.tensors {
      let (x, z) = (try a.floats(tensor.name), try merged.floats(tensor.name))
      if tensor.name.hasPrefix("vision_tower."), !tensor.name.contains("position_ids") {
        let y = try b.floats(tensor.name)
        #expect(zip(y, z).allSatisfy { abs($0 - $1) < 1e-6 }, "\(tensor.name)")
      } else {
        // Two task vectors that cancel, and a projector that is copied.
        #expect(zip(x, z).allSatisfy { abs($0 - $1) < 1e-6 }, "\(tensor.name)")
      }
    }
  }
}
