import BraidTesting
import Checkpoints
import Documents
import MergeSpecs
import Merging
import Synchronization
import Tensors
import Testing

/// Stages that are merged while they are read give what they would give if each were written and read again.
@Suite struct StagedMergeTests {
  /// Two stages, the second of which reads the first, and a final merge over both.
  static func spec(_ first: String, _ second: String, _ final: String) -> String {
    [
      "name: first\n" + merge(first, of: ["one", "two"]), "name: second\n" + merge(second, of: ["first", "two"]),
      merge(final, of: ["second", "first", "one"]),
    ].joined(separator: "---\n")
  }

  private static func merge(_ method: String, of models: [String]) -> String {
    let isArc = method == "slerp"
    var lines = ["merge_method: \(method)", "dtype: bfloat16"]
    if isArc { lines.append("parameters: {t: 0.3}") }
    if method != "linear" { lines.append("base_model: \(isArc ? models[1] : "base")") }
    lines.append("models:")
    for (number, model) in models.prefix(isArc ? 1 : models.count).enumerated() {
      var parameters = isArc || method == "model_stock" ? [] : ["weight: 0.\(5 + number)"]
      if method == "ties" || method == "dare_ties" { parameters.append("density: 0.\(4 + number)") }
      lines.append("  - {model: \(model), parameters: {\(parameters.joined(separator: ", "))}}")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Three models with a tensor of several bands and some small ones.
  static func models(in folder: TemporaryFolder, dtype: DType = .bfloat16) throws {
    for (number, name) in ["base", "one", "two"].enumerated() {
      var generator = SeededGenerator(seed: UInt64(number + 1))
      let tensors =
        [("model.embed_tokens.weight", Shape([700, 1003])), ("model.norm.weight", Shape([1003]))]
        + (0..<2).map { ("model.layers.\($0).mlp.up_proj.weight", Shape([129, 1003])) }
      try folder.write(
        "\(name)/model.safetensors",
        SafetensorsMaker.file(
          tensors.map { name, shape in
            (
              description: TensorDescription(name: name, dtype: dtype, shape: shape),
              bytes: (0..<shape.elementCount).flatMap { _ in
                let value = Float.random(in: -1...1, using: &generator)
                let bits = value.bitPattern
                return dtype == .float32
                  ? withUnsafeBytes(of: bits, Array.init)
                  : withUnsafeBytes(of: UInt16(bits >> 16), Array.init)
              }
            )
          }))
      try folder.write("\(name)/config.json", #"{"num_hidden_layers": 2, "vocab_size": 700, "dtype": "bfloat16"}"#)
    }
  }

  /// All tensors of a spec's merge, with each stage written to disk before the next reads it.
  private func throughDisk(_ text: String, in folder: TemporaryFolder) throws -> [String: [UInt8]] {
    let documents = text.split(separator: "---\n").map(String.init)
    var written: [String: [UInt8]] = [:]
    for (number, document) in documents.enumerated() {
      let name = ["first", "second", "final"][number]
      let body = document.split(separator: "\n").filter { !$0.hasPrefix("name: ") }.joined(separator: "\n")
      let merge = try OpenedMerge.open(try folder.write("disk/\(name).yml", body))
      let output = folder("disk/" + name)
      _ = try Merger.merge(merge, to: MergeOutput(destination: output), resources: MergeResources(threads: 2))
      if name == "final" { written = try Self.contents(Checkpoint.open(output)) }
    }
    return written
  }

  private static func contents(_ source: some TensorSource) throws -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: try source.index.tensors.map { ($0.name, try source.bytes(of: $0.name)) })
  }

  static let resources = [
    MergeResources(memory: 16_000_000, threads: 1), MergeResources(memory: 64_000_000, threads: 3),
    MergeResources(memory: 1 << 30, threads: 2),
  ]

  @Test(arguments: [
    ["linear", "linear", "linear"], ["ties", "ties", "ties"], ["slerp", "ties", "linear"],
    ["linear", "slerp", "ties"], ["dare_ties", "model_stock", "dare_linear"],
  ])
  func `fused stages have the bytes of stages through the disk`(methods: [String]) throws {
    let folder = try TemporaryFolder()
    for name in ["base", "one", "two"] { try Files.makeFolder(folder("disk/" + name)) }
    try Self.models(in: folder)
    for name in ["base", "one", "two"] {
      for file in ["model.safetensors", "config.json"] {
        try Files.copy(folder("\(name)/\(file)"), to: folder("disk/\(name)/\(file)"))
      }
    }
    let text = Self.spec(methods[0], methods[1], methods[2])
    let expected = try throughDisk(text, in: folder)
    let merge = try OpenedMerge.open(try folder.write("spec.yml", text))
    #expect(merge.stages.map(\.name) == ["first", "second"])
    for (round, resources) in Self.resources.enumerated() {
      let sink = MemorySink(plan: merge.plan)
      try MergeExecutor(plan: merge.plan, sources: merge.sources, resources: resources).run(into: sink)
      #expect(sink.contents == expected, "round \(round)")
      let served = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: resources)
      #expect(try Self.contents(served) == expected, "served, round \(round)")
    }
  }

  @Test func `a merge of stages served as a model keeps the contract of tensor sources`() async throws {
    let folder = try TemporaryFolder()
    try Self.models(in: folder)
    let merge = try OpenedMerge.open(try folder.write("spec.yml", Self.spec("ties", "slerp", "ties")))
    for resources in Self.resources.prefix(2) {
      try await TensorSourceContract.check(
        PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: resources))
    }
    for source in merge.sources { try await TensorSourceContract.check(Boxed(source)) }
  }

  /// A source as any other wraps it, so that nobody sees that it is a stage.
  private struct Boxed: TensorSource {
    let source: any TensorSource
    init(_ source: any TensorSource) { self.source = source }
    var index: TensorIndex { source.index }
    func read(_ tensor: String, elements: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
      try source.read(tensor, elements: elements, into: destination)
    }
  }

  @Test func `a stage behind another source is read in parts`() throws {
    let folder = try TemporaryFolder()
    try Self.models(in: folder)
    let merge = try OpenedMerge.open(try folder.write("spec.yml", Self.spec("ties", "slerp", "ties")))
    let resources = Self.resources[1]
    let direct = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: resources)
    let boxed = PlannedTensorSource(
      plan: merge.plan, sources: merge.sources.map { Boxed($0) }, resources: resources)
    #expect(try Self.contents(boxed) == Self.contents(direct))
  }

  @Test func `a long chain of stages that each read the two before is computed in linear time`() throws {
    let folder = try TemporaryFolder()
    try Self.models(in: folder)
    var stages = ["name: s0\nmerge_method: linear\nmodels: [{model: one, parameters: {weight: 1}}]\n"]
    stages.append("name: s1\nmerge_method: linear\nmodels: [{model: two, parameters: {weight: 1}}]\n")
    for number in 2..<60 {
      stages.append(
        """
        name: s\(number)
        merge_method: slerp
        base_model: s\(number - 1)
        parameters: {t: 0.5}
        models: [{model: s\(number - 2)}]

        """)
    }
    let merge = try OpenedMerge.open(try folder.write("spec.yml", stages.joined(separator: "---\n")))
    #expect(merge.stages.count == 59)
    let served = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: Self.resources[2])
    let began = ContinuousClock.now
    _ = try served.bytes(of: "model.norm.weight")
    _ = try served.bytes(of: "model.layers.0.mlp.up_proj.weight")
    #expect(ContinuousClock.now - began < .seconds(30))
    #expect(Self.resources[2].estimate(for: merge.plan, sources: merge.sources) < 1 << 30)
  }

  @Test func `an adapter leaves most tensors of a stage alone, and those are read as if it were not there`() throws {
    let folder = try TemporaryFolder()
    try Self.models(in: folder)
    try folder.write("lora/adapter_config.json", #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4}"#)
    let module = "base_model.model.model.layers.0.mlp.up_proj.lora_"
    let halves = [("A", Shape([2, 1003])), ("B", Shape([129, 2]))].map { half, shape in
      let description = TensorDescription(name: module + half + ".weight", dtype: .float32, shape: shape)
      let bytes = (0..<shape.elementCount).flatMap { number in
        withUnsafeBytes(of: Float(number % 7) * 0.125 - 0.375, Array.init)
      }
      return (description: description, bytes: bytes)
    }
    try folder.write("lora/adapter_model.safetensors", SafetensorsMaker.file(halves))
    func merge(_ model: String) throws -> OpenedMerge {
      try OpenedMerge.open(
        try folder.write(
          "spec.yml",
          """
          name: first
          merge_method: ties
          base_model: base
          models: [{model: one, parameters: {weight: 1, density: 0.5}}, {model: two, parameters: {weight: 1}}]
          ---
          merge_method: slerp
          base_model: one
          parameters: {t: 0.5}
          models: [{model: \(model)}]
          """))
    }
    let (plain, adapted) = (try merge("first"), try merge("first+lora"))
    let resources = Self.resources[0]
    // What it takes to read through an adapter is counted, and it is less than the budget of a small merge.
    let estimates = [plain, adapted].map { resources.estimate(for: $0.plan, sources: $0.sources) }
    #expect(estimates[1] > estimates[0])
    #expect(estimates[1] - estimates[0] < 2 * resources.memory)
    let one = PlannedTensorSource(plan: plain.plan, sources: plain.sources, resources: resources)
    let two = PlannedTensorSource(plan: adapted.plan, sources: adapted.sources, resources: resources)
    for tensor in one.index.tensors {
      let isChanged = tensor.name.contains("layers.0")
      #expect(try (one.bytes(of: tensor.name) != two.bytes(of: tensor.name)) == isChanged, "\(tensor.name)")
    }
    // The same through the disk.
    let first = try OpenedMerge.open(
      try folder.write(
        "first.yml",
        Files.text(folder("spec.yml")).split(separator: "---").map(String.init)[0]
          .replacing("name: first\n", with: "")))
    _ = try Merger.merge(first, to: MergeOutput(destination: folder("first")), resources: Self.resources[1])
    let text = try Files.text(folder("spec.yml")).split(separator: "---\n").map(String.init)[1]
    let last = try OpenedMerge.open(try folder.write("last.yml", text))
    let three = PlannedTensorSource(plan: last.plan, sources: last.sources, resources: resources)
    for tensor in two.index.tensors { #expect(try two.bytes(of: tensor.name) == three.bytes(of: tensor.name)) }
  }

  @Test func `stages that repeat layers are refused when they become too many`() throws {
    let folder = try TemporaryFolder()
    try Self.models(in: folder)
    var stages: [String] = []
    var model = "one"
    for number in 0..<40 {
      let range = "[0, \(2 << number)]"
      stages.append(
        """
        name: s\(number)
        merge_method: passthrough
        slices:
          - sources: [{model: \(model), layer_range: \(range)}]
          - sources: [{model: \(model), layer_range: \(range)}]

        """)
      model = "s\(number)"
    }
    let spec = try folder.write("spec.yml", stages.joined(separator: "---\n"))
    let began = ContinuousClock.now
    #expect(throws: MergeSpecError.self) { try OpenedMerge.open(spec) }
    #expect(ContinuousClock.now - began < .seconds(60))
  }

  @Test func `a path that is also the name of a stage is the stage, with a note`() throws {
    let folder = try TemporaryFolder()
    try Self.models(in: folder)
    let merge = try OpenedMerge.open(
      try folder.write(
        "spec.yml",
        """
        name: two
        merge_method: linear
        models: [{model: one, parameters: {weight: 1}}]
        ---
        merge_method: passthrough
        models: [{model: two}]
        """))
    #expect(merge.diagnostics.map(\.severity) == [.note])
    #expect(merge.diagnostics[0].position?.line == 1)
    let served = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: Self.resources[0])
    #expect(try Self.contents(served) == Self.contents(Checkpoint.open(folder("one"))))
  }

  @Test func `missing models of all stages are reported together`() throws {
    let folder = try TemporaryFolder()
    let spec = try folder.write(
      "spec.yml",
      """
      name: first
      merge_method: passthrough
      models: [{model: nowhere}]
      ---
      merge_method: passthrough
      models: [{model: first}, {model: elsewhere}]
      """)
    let error = #expect(throws: MergeSpecError.self) { try OpenedMerge.open(spec) }
    let lines = error?.diagnostics.filter { $0.severity == .error }.compactMap(\.position?.line) ?? []
    #expect(lines.contains(3) && lines.contains(6))
  }
}
