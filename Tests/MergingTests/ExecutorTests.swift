import BraidTesting
import Checkpoints
import MergeMethods
import MergeSpecs
import Merging
import Synchronization
import Tensors
import Testing

/// The executor gives the same bytes however it is run.
@Suite struct ExecutorTests {
  /// Three models in three dtypes with a tensor of several bands, a small one and an empty one.
  static let shapes: [(String, Shape)] = [
    ("big", [1031, 1029]), ("vector", [513]), ("empty", [0, 4]), ("tall", [70_001, 3]),
  ]

  static let resources = [
    MergeResources(memory: 16_000_000, threads: 1), MergeResources(memory: 16_000_000, threads: 3),
    MergeResources(memory: 1 << 30, threads: 2), MergeResources(memory: 1 << 30, threads: 7),
  ]

  @Test(arguments: Catalog.methods.map(\.name))
  func `the bytes do not depend on threads, budget or who asks`(method: String) throws {
    let (plan, sources) = try Self.merge(method)
    var expected: [String: [UInt8]] = [:]
    for (round, resources) in Self.resources.enumerated() {
      let sink = MemorySink(plan: plan)
      try MergeExecutor(plan: plan, sources: sources, resources: resources).run(into: sink)
      if round == 0 { expected = sink.contents }
      #expect(sink.contents == expected)
      #expect(sink.finishedTensors == Set(plan.steps.indices))
      let served = PlannedTensorSource(plan: plan, sources: sources, resources: resources)
      for step in plan.steps {
        #expect(try served.bytes(of: step.output.name) == expected[step.output.name], "\(step.output.name)")
      }
    }
  }

  @Test(arguments: Catalog.methods.map(\.name), [0.1, 0.5, 0.84])
  func `bfloat16 inputs merge as their float32 copies do`(name: String, density: Double) throws {
    let shape: Shape = [700, 1003]
    let method = try #require(Catalog.method(named: name))
    let count = min(3, method.inputs.upperBound)
    let values = ["weight": 0.5, "density": density, "scale": 0.5, "epsilon": 0.05].filter { value in
      method.parameters.contains { $0.name == value.key && $0.scope == .perModel }
    }
    var global: [String: Double] = [:]
    for (name, value) in ["t": 0.3, "select_topk": density] {
      if method.parameters.contains(where: { $0.name == name }) { global[name] = value }
    }
    let parameters = ResolvedParameters(global: global, perInput: Array(repeating: values, count: count))
    func merged(_ dtype: DType) throws -> [UInt8] {
      let description = TensorDescription(name: "w", dtype: dtype, shape: shape)
      let sources = (0..<count).map { MemorySource([(description, Self.noise(description, model: $0))]) }
      let step = PlanStep(
        output: TensorDescription(name: "w", dtype: .float32, shape: shape), role: .other,
        inputs: (0..<count).map { PlannedInput(model: $0, tensor: description) },
        base: method.base == .unused ? nil : count - 1,
        operation: .merge(method: name, parameters: parameters, try method.make(parameters)))
      let plan = MergePlan(
        models: (0..<count).map { PlannedModel(reference: "\($0)", location: "") }, steps: [step], donor: 0,
        layerCount: nil, configurationDType: nil, methodName: name)
      return try PlannedTensorSource(plan: plan, sources: sources, resources: Self.resources[1]).bytes(of: "w")
    }
    #expect(try merged(.bfloat16) == merged(.float32))
  }

  @Test func `a plan served as a model keeps the contract of tensor sources`() async throws {
    let (plan, sources) = try Self.merge("ties")
    try await TensorSourceContract.check(
      PlannedTensorSource(plan: plan, sources: sources, resources: MergeResources(threads: 2)))
  }

  @Test func `tensors that are done are not computed again`() throws {
    let (plan, sources) = try Self.merge("linear")
    let sink = MemorySink(plan: plan)
    let counted = Mutex(0)
    try MergeExecutor(plan: plan, sources: sources, resources: Self.resources[1]).run(into: sink, skipping: [0, 1]) {
      amount in counted.withLock { $0 += amount }
    }
    #expect(sink.finishedTensors == [2, 3])
    #expect(counted.withLock { $0 } == Merger.workload(of: plan))
  }

  @Test func `an error of a source or a sink ends the merge`() throws {
    let (plan, sources) = try Self.merge("linear")
    struct Broken: TensorSource {
      let index: TensorIndex
      func read(_ tensor: String, elements: Range<Int>, into: UnsafeMutableRawBufferPointer) throws {
        throw TensorSourceError.outOfRange(tensor)
      }
    }
    let broken: [any TensorSource] = [Broken(index: sources[0].index)] + sources.dropFirst()
    #expect(throws: TensorSourceError.outOfRange("big")) {
      try MergeExecutor(plan: plan, sources: broken, resources: Self.resources[3]).run(into: MemorySink(plan: plan))
    }
    #expect(throws: TensorSourceError.noSuchTensor("full")) {
      try MergeExecutor(plan: plan, sources: sources, resources: Self.resources[3]).run(into: FullSink())
    }
  }

  // MARK: Means

  static func merge(_ name: String) throws -> (MergePlan, [any TensorSource]) {
    let method = try #require(Catalog.method(named: name))
    let count = min(3, method.inputs.upperBound)
    let dtypes: [DType] = [.bfloat16, .float32, .float16]
    let tensors = shapes.map { name, shape in
      dtypes.map { TensorDescription(name: name, dtype: $0, shape: shape) }
    }
    let sources = (0..<count).map { model in
      MemorySource(
        tensors.map { descriptions in
          let description = descriptions[model]
          return (description, noise(description, model: model))
        })
    }
    let base = method.base == .unused ? nil : count - 1
    let values = ["weight": 0.4, "density": 0.3, "scale": 0.5]
    let known = values.filter { value in method.parameters.contains { $0.name == value.key } }
    let parameters = ResolvedParameters(
      global: method.parameters.contains { $0.name == "t" } ? ["t": 0.3] : [:],
      perInput: Array(repeating: known, count: count))
    let steps = try tensors.map { descriptions in
      PlanStep(
        output: TensorDescription(name: descriptions[0].name, dtype: .bfloat16, shape: descriptions[0].shape),
        role: .other, inputs: (0..<count).map { PlannedInput(model: $0, tensor: descriptions[$0]) }, base: base,
        operation: .merge(method: name, parameters: parameters, try method.make(parameters)))
    }
    let plan = MergePlan(
      models: (0..<count).map { PlannedModel(reference: "\($0)", location: "") }, steps: steps, donor: 0,
      layerCount: nil, configurationDType: nil, methodName: name)
    return (plan, sources)
  }

  /// Coarse numbers around one, equal in many places, in any of the three dtypes.
  private static func noise(_ description: TensorDescription, model: Int) -> [UInt8] {
    var state = UInt64(model + 1) &* 0x9e37_79b9_7f4a_7c15
    var bytes: [UInt8] = []
    for _ in 0..<description.shape.elementCount {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = 1 + Float(Int(state >> 58) - 32) / 64
      switch description.dtype {
      case .bfloat16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16)) { bytes += $0 }
      case .float16: withUnsafeBytes(of: Float16(value).bitPattern) { bytes += $0 }
      default: withUnsafeBytes(of: value) { bytes += $0 }
      }
    }
    return bytes
  }
}

/// Keeps what is written to it in memory.
final class MemorySink: TensorSink {
  private let names: [String]
  private let sizes: [Int]
  private let state: Mutex<(bytes: [[UInt8]], finished: Set<Int>)>

  init(plan: MergePlan) {
    names = plan.steps.map(\.output.name)
    sizes = plan.steps.map(\.output.dtype.byteCount)
    state = Mutex((plan.steps.map { Array(repeating: 0xee, count: $0.output.byteCount) }, []))
  }

  var contents: [String: [UInt8]] { state.withLock { Dictionary(uniqueKeysWithValues: zip(names, $0.bytes)) } }
  var finishedTensors: Set<Int> { state.withLock { $0.finished } }

  func band(tensor: Int, elements: Range<Int>) -> StoredBand {
    StoredBand(
      tensor: tensor, elements: elements, fileOffset: 777 * tensor + elements.lowerBound * sizes[tensor],
      byteCount: elements.count * sizes[tensor], isPlain: tensor % 2 == 0)
  }

  func write(_ stored: UnsafeRawBufferPointer, of band: StoredBand) throws {
    let start = band.elements.lowerBound * sizes[band.tensor]
    state.withLock { $0.bytes[band.tensor].replaceSubrange(start..<start + stored.count, with: stored) }
  }

  func finished(tensor: Int) throws { state.withLock { _ = $0.finished.insert(tensor) } }
}

/// Refuses everything.
private struct FullSink: TensorSink {
  func band(tensor: Int, elements: Range<Int>) -> StoredBand {
    StoredBand(tensor: tensor, elements: elements, fileOffset: 0, byteCount: elements.count * 4)
  }
  func write(_ stored: UnsafeRawBufferPointer, of band: StoredBand) throws {
    throw TensorSourceError.noSuchTensor("full")
  }
  func finished(tensor: Int) throws {}
}
