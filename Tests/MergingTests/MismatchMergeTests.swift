import BraidTesting
import Checkpoints
import Documents
import MergeMethods
import MergeSpecs
import Merging
import Tensors
import Testing

/// Merges of models whose embeddings differ in size: those of family c as mergekit makes them, blocks as cut by hand.
@Suite struct MismatchMergeTests {
  static let family = Fixture.path("families/c")
  static let names = ["linear", "model-stock", "nuslerp", "slerp", "task-arithmetic", "ties"]

  @Test func `every reference merge has a test`() throws {
    let found = try Files.list(Self.family + "/golden").compactMap { path in
      path.hasSuffix("/spec.yaml") ? path.split(separator: "/").dropLast().last.map(String.init) : nil
    }
    #expect(Set(found) == Set(Self.names))
  }

  private func open(_ text: String) throws -> OpenedMerge {
    let folder = try TemporaryFolder()
    return try OpenedMerge.open(try folder.write("spec.yml", text.replacingModels(in: Self.family)))
  }

  @Test(arguments: names) func `embeddings are cut as mergekit cuts them`(name: String) throws {
    let merge = try open(try Files.text("\(Self.family)/golden/\(name)/spec.yaml"))
    let merged = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: MergeResources(threads: 2))
    let golden = try OpenedModel.open(
      "\(Self.family)/golden/\(name)/golden.safetensors", resources: MergeResources(threads: 1)
    ).weights
    #expect(golden.index.tensors.count == 2)
    for tensor in golden.index.tensors {
      #expect(merged.index[tensor.name]?.shape == tensor.shape)
      let (a, b) = (try merged.floats(tensor.name), try golden.floats(tensor.name))
      let largest = b.reduce(0) { max($0, abs($1)) }
      #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 * largest }, "\(tensor.name)")
    }
    let configuration = try merge.configuration()
    #expect(configuration?.root["vocab_size"]?.int == golden.index.tensors[0].shape.dimensions[0])
  }

  @Test func `rows and columns of a block are those of the whole, however it is read`() async throws {
    let (rows, columns) = (700, 1300)
    let whole = TensorDescription(name: "w", dtype: .float32, shape: Shape([rows, columns]))
    let bytes = (0..<rows * columns).flatMap { index in withUnsafeBytes(of: Float(index)) { Array($0) } }
    for (block, mapped) in [([600, 1100], true), ([600, 1100], false), ([600, 1300], true), ([700, 1], false)] {
      let source: any TensorSource = mapped ? RegionSource(whole, bytes) : MemorySource([(whole, bytes)])
      let step = PlanStep(
        output: TensorDescription(name: "w", dtype: .float32, shape: Shape(block)), role: .other,
        inputs: [PlannedInput(model: 0, tensor: whole, block: Shape(block))], base: nil, operation: .copy(reason: nil))
      let plan = MergePlan(
        models: [PlannedModel(reference: "a", location: "")], steps: [step], donor: 0, layerCount: nil,
        configurationDType: nil, methodName: "passthrough")
      let served = PlannedTensorSource(plan: plan, sources: [source], resources: MergeResources(threads: 2))
      let expected = (0..<block[0]).flatMap { row in (0..<block[1]).map { Float(row * columns + $0) } }
      #expect(try served.floats("w") == expected)
      #expect(Merger.workload(of: plan) == 2 * expected.count * 4)
      if block == [600, 1100] { try await TensorSourceContract.check(served) }
    }
    #expect(throws: TensorSourceError.outOfRange("w")) {
      let step = PlanStep(
        output: whole, role: .other, inputs: [PlannedInput(model: 0, tensor: whole, block: [701, 1])], base: nil,
        operation: .copy(reason: nil))
      let plan = MergePlan(
        models: [PlannedModel(reference: "a", location: "")], steps: [step], donor: 0, layerCount: nil,
        configurationDType: nil, methodName: "passthrough")
      try MergeExecutor(plan: plan, sources: [MemorySource([(whole, bytes)])], resources: MergeResources(threads: 1))
        .run(into: MemorySink(plan: plan))
    }
  }

  @Test func `rows that a model lacks keep the base's values`() async throws {
    for (dtype, merged) in [(DType.float32, "float32"), (.bfloat16, "bfloat16")] {
      let (rows, fewer, columns) = (9, 6, 5)
      let base = (0..<rows * columns).map { Float($0) }
      let own = (0..<fewer * columns).map { Float($0) + ($0 % 3 == 0 ? 2 : -1) }
      let stored = TensorDescription(name: "embed.weight", dtype: dtype, shape: Shape([fewer, columns]))
      let bytes = own.flatMap { value -> [UInt8] in
        let bits = value.bitPattern
        return dtype == .float32
          ? withUnsafeBytes(of: bits) { Array($0) } : withUnsafeBytes(of: UInt16(bits >> 16)) { Array($0) }
      }
      let whole = TensorDescription(name: "embed.weight", dtype: .float32, shape: Shape([rows, columns]))
      let method = try #require(Catalog.method(named: "task_arithmetic"))
      let parameters = ResolvedParameters(perInput: [[:], ["weight": 0.5]])
      let step = PlanStep(
        output: whole, role: .embedding,
        inputs: [
          PlannedInput(model: 0, tensor: whole),
          PlannedInput(model: 1, tensor: stored, fill: .init(model: 0, tensor: whole)),
        ], base: 0, operation: .merge(method: "task_arithmetic", parameters: parameters, try method.make(parameters)))
      let plan = MergePlan(
        models: [PlannedModel(reference: "a", location: ""), PlannedModel(reference: "b", location: "")],
        steps: [step], donor: 0, layerCount: nil, configurationDType: nil, methodName: "task_arithmetic")
      let sources: [any TensorSource] = [
        MemorySource(floats: [("embed.weight", Shape([rows, columns]), base)]), MemorySource([(stored, bytes)]),
      ]
      let served = PlannedTensorSource(plan: plan, sources: sources, resources: MergeResources(threads: 2))
      let expected = base.enumerated().map { index, value in
        index < own.count ? value + (index % 3 == 0 ? 1 : -0.5) : value
      }
      #expect(try served.floats("embed.weight") == expected, "\(merged)")
      try await TensorSourceContract.check(served)
    }
  }

  @Test func `a vocabulary that the base has in full is filled up, and the merge can be done again`() async throws {
    let folder = try TemporaryFolder()
    let text = """
      merge_method: ties
      base_model: ./wide
      allow_mismatch: truncate
      dtype: float32
      models:
        - {model: ./narrow, parameters: {weight: 1, density: 0.6}}
      """
    let merge = try OpenedMerge.open(try folder.write("spec.yml", text.replacingModels(in: Self.family)))
    let name = "model.embed_tokens.weight"
    #expect(merge.plan.vocabularySize == nil)
    let output = folder.path + "/out"
    _ = try Merger.merge(merge, to: MergeOutput(destination: output), resources: MergeResources(threads: 2))
    let merged = try OpenedModel.open(output, resources: MergeResources(threads: 1)).weights
    let (base, narrow) = (
      merge.donor.weights, merge.parents.first { $0.header.location != merge.donor.header.location }
    )
    let (old, new) = (try base.floats(name), try merged.floats(name))
    let rows = try #require(narrow?.weights.index[name]?.shape.dimensions.first)
    let width = try #require(merged.index[name]?.shape.dimensions.last)
    #expect(old[(rows * width)...] == new[(rows * width)...])
    #expect(old[..<(rows * width)] != new[..<(rows * width)])
    let replay = try Replay.run(Replay.prepare(output), resources: MergeResources(threads: 1))
    #expect(replay.differences == [])
  }

  @Test func `a model left out gives the merge of the others`() throws {
    func merged(_ models: String) throws -> [Float] {
      let merge = try open(
        "merge_method: linear\nallow_mismatch: skip\ndtype: float32\nparameters: {normalize: false}\nmodels:\n" + models
      )
      let source = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: MergeResources(threads: 1))
      return try source.floats("model.embed_tokens.weight")
    }
    let entry = { (name: String, weight: Double) in "  - model: ./\(name)\n    parameters: {weight: \(weight)}\n" }
    #expect(
      try merged(entry("wide", 0.5) + entry("narrow", 3) + entry("other", 0.25))
        == merged(entry("wide", 0.5) + entry("other", 0.25)))
  }

  @Test func `a model that stands in a merge twice counts twice, each time with its own weight`() throws {
    let merge = try open(
      """
      merge_method: task_arithmetic
      base_model: ./wide
      dtype: float32
      models:
        - model: ./other
          parameters: {weight: [0.5]}
        - model: ./wide
        - model: ./other
          parameters: {weight: [{filter: mlp, value: -0.25}, {value: 0.125}]}
        - model: ./wide
          parameters: {weight: 7}
      """)
    let merged = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: MergeResources(threads: 2))
    for (name, weight) in [("model.layers.0.mlp.up_proj.weight", Float(0.25)), ("model.norm.weight", 0.625)] {
      let (base, other) = (try merge.donor.weights.floats(name), try merge.parents[1].weights.floats(name))
      for ((x, y), z) in zip(zip(base, other), try merged.floats(name)) {
        #expect(abs(x + weight * (y - x) - z) <= 1e-6)
      }
    }
  }

  @Test func `each slice is computed by its own method`() throws {
    let merge = try open(
      """
      dtype: float32
      parameters: {weight: 0.25}
      slices:
        - merge_method: linear
          parameters: {normalize: false}
          sources:
            - model: ./wide
              layer_range: [0, 1]
            - model: ./wide
              layer_range: [0, 1]
        - merge_method: passthrough
          sources:
            - model: ./wide
              layer_range: [0, 1]
              parameters: {scale: 3}
      """)
    let merged = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: MergeResources(threads: 2))
    let own = try merge.donor.weights.floats("model.layers.0.mlp.up_proj.weight")
    #expect(try merged.floats("model.layers.0.mlp.up_proj.weight") == own.map { $0 * 0.5 })
    #expect(try merged.floats("model.layers.1.mlp.up_proj.weight") == own.map { $0 * 3 })
    #expect(try merged.floats("model.norm.weight") == merge.donor.weights.floats("model.norm.weight").map { $0 * 3 })
    #expect(try merge.configuration()?.root["num_hidden_layers"]?.int == 2)
  }
}

/// A tensor that can be read in place.
private struct RegionSource: TensorSource {
  let index: TensorIndex
  private let memory: MemorySource
  private let kept: TensorRegion

  init(_ tensor: TensorDescription, _ bytes: [UInt8]) {
    index = TensorIndex([tensor])
    memory = MemorySource([(tensor, bytes)])
    let owner = Bytes(bytes)
    kept = TensorRegion(bytes: UnsafeRawBufferPointer(owner.buffer), owner: owner)
  }

  func read(_ tensor: String, elements: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    try memory.read(tensor, elements: elements, into: destination)
  }

  func region(of tensor: String) throws -> TensorRegion? { kept }

  /// Bytes that stay in place.
  private final class Bytes {
    let buffer: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
      buffer = .allocate(byteCount: bytes.count, alignment: 64)
      buffer.copyBytes(from: bytes)
    }

    deinit { buffer.deallocate() }
  }
}
