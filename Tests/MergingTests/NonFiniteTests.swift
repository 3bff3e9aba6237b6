import BraidTesting
import Documents
import MergeMethods
import MergeSpecs
import Merging
import Tensors
import Testing

/// What is infinite or no number in an input is refused by name unless the user allows it.
@Suite struct NonFiniteTests {
  @Test(arguments: Catalog.methods.map(\.name), [DType.bfloat16, .float32, .float16])
  func `an input that holds NaN is refused with tensor, model and place`(method: String, dtype: DType) throws {
    for value in [Float.nan, .infinity] {
      let (plan, sources) = try Self.merge(method, dtype: dtype, odd: value)
      let error = NonFiniteInputError(tensor: "w", model: "./m0", element: 70_003, value: "\(value)")
      for resources in [MergeResources(threads: 1), MergeResources(threads: 3)] {
        #expect(throws: error) {
          try MergeExecutor(plan: plan, sources: sources, resources: resources).run(into: MemorySink(plan: plan))
        }
        #expect(throws: error) {
          try PlannedTensorSource(plan: plan, sources: sources, resources: resources).bytes(of: "w")
        }
      }
    }
    #expect(
      NonFiniteInputError(tensor: "w", model: "./m0", element: 3, value: "nan").description
        == "w of ./m0 holds nan at element 3; --allow-nan merges it all the same")
  }

  @Test(arguments: ["linear", "ties", "nearswap", "ram", "emr"])
  func `allowed, it is merged, and elements apart from it are as they were`(method: String) throws {
    var (plan, sources) = try Self.merge(method, dtype: .float32, odd: .nan)
    plan.allowsNonFinite = true
    let merged = try PlannedTensorSource(plan: plan, sources: sources, resources: MergeResources(threads: 2))
      .floats("w")
    #expect(merged.indices.allSatisfy { $0 == 70_003 || merged[$0].isFinite })
  }

  @Test func `copies are left alone`() throws {
    let (plan, sources) = try Self.merge("passthrough", dtype: .float32, odd: .nan, copy: true)
    let bytes = try PlannedTensorSource(plan: plan, sources: sources, resources: MergeResources(threads: 1))
      .floats("w")
    #expect(bytes[70_003].isNaN)
  }

  @Test func `a seed beside the spec takes the place of its own and is recorded`() throws {
    let family = Fixture.path("families/b")
    let text = """
      merge_method: dare_linear
      base_model: \(family)/base
      models:
        - model: \(family)/a
          parameters: {weight: 1, density: 0.5}
      dtype: float32
      """
    let folder = try TemporaryFolder()
    for (suffix, recorded) in [("", "\nseed: 9\n"), ("\nseed: 3\n", "\nseed: 9\n")] {
      let merge = try OpenedMerge.open(try folder.write("spec.yml", text + suffix), overriding: .init(seed: 9))
      #expect(merge.plan.seed == 9 && merge.text == text + recorded)
      let again = try OpenedMerge.open(try folder.write("again.yml", merge.text))
      #expect(again.plan.seed == 9)
    }
    let braces =
      "{merge_method: dare_linear, base_model: \(family)/base, models: [{model: \(family)/a, parameters: {weight: 1}}]}"
    #expect(throws: MergeSpecError.self) {
      try OpenedMerge.open(try folder.write("braces.yml", braces), overriding: .init(seed: 9))
    }
  }

  // MARK: Means

  private static func merge(
    _ name: String, dtype: DType, odd: Float, copy: Bool = false
  ) throws -> (MergePlan, [any TensorSource]) {
    let shape: Shape = [200, 500]
    let method = try #require(Catalog.method(named: name))
    let count = min(3, method.inputs.upperBound)
    let description = TensorDescription(name: "w", dtype: dtype, shape: shape)
    let sources = (0..<count).map { model in
      var values = (0..<shape.elementCount).map { Float(($0 * (model + 3)) % 17) / 16 }
      if model == 0 { values[70_003] = odd }
      return MemorySource([(description, bytes(values, dtype))])
    }
    let known = ["weight": 0.4, "density": 0.3, "scale": 0.5].filter { value in
      method.parameters.contains { $0.name == value.key }
    }
    let parameters = ResolvedParameters(
      global: method.parameters.contains { $0.name == "t" } ? ["t": 0.3] : [:],
      perInput: Array(repeating: known, count: count))
    let step = PlanStep(
      output: TensorDescription(name: "w", dtype: .float32, shape: shape), role: .other,
      inputs: (0..<count).map { PlannedInput(model: $0, tensor: description) },
      base: method.base == .unused ? nil : count - 1,
      operation: copy
        ? .copy(reason: nil) : .merge(method: name, parameters: parameters, try method.make(parameters)))
    let plan = MergePlan(
      models: (0..<count).map { PlannedModel(reference: "./m\($0)", location: "") }, steps: [step], donor: 0,
      layerCount: nil, configurationDType: nil, methodName: name)
    return (plan, sources)
  }

  private static func bytes(_ values: [Float], _ dtype: DType) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in values {
      switch dtype {
      case .bfloat16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16)) { bytes += $0 }
      case .float16: withUnsafeBytes(of: Float16(value).bitPattern) { bytes += $0 }
      default: withUnsafeBytes(of: value) { bytes += $0 }
      }
    }
    return bytes
  }
}
