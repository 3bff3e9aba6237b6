import BraidTesting
import MergeMethods
import MergeSpecs
import Merging
import Tensors
import Testing

/// The reference merges of family b, made by mergekit, against what the same specs give here.
@Suite struct MethodGoldenTests {
  static let family = Fixture.path("families/b")
  static let names: [String] = {
    let paths = (try? Files.list(family + "/golden")) ?? []
    return paths.filter { $0.hasSuffix("/spec.yaml") }
      .compactMap { $0.split(separator: "/").dropLast().last.map(String.init) }.sorted()
  }()

  @Test func `every method of mergekit has reference merges, here or in family a`() throws {
    #expect(Self.names.count == 56)
    var methods: Set<String> = []
    for family in [Self.family, Fixture.path("families/a")] {
      for path in try Files.list(family + "/golden") where path.hasSuffix("/spec.yaml") {
        let text = try Files.text("\(family)/golden/\(path)")
        let line = text.split(separator: "\n").first { $0.hasPrefix("merge_method: ") }
        methods.insert(String(line?.dropFirst("merge_method: ".count) ?? ""))
      }
    }
    let own: Set<String> = ["consensus_ta", "emr"]
    #expect(methods == Set(Catalog.methods.map(\.name)).subtracting(own))
  }

  @Test(arguments: names) func `a reference merge comes out equal`(name: String) throws {
    let (_, merged) = try Self.merge(try Files.text("\(Self.family)/golden/\(name)/spec.yaml"))
    let golden = try OpenedModel.open(
      "\(Self.family)/golden/\(name)/golden.safetensors", resources: MergeResources(threads: 1)
    ).weights
    #expect(golden.index.tensors.count >= 3)
    for tensor in golden.index.tensors {
      let ours = try #require(merged.index[tensor.name])
      #expect(ours.shape == tensor.shape && ours.dtype == tensor.dtype)
      let (a, b) = (try merged.floats(tensor.name), try golden.floats(tensor.name))
      let largest = b.reduce(0) { max($0, abs($1)) }
      let worst = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(worst <= 1e-6 * largest, "\(tensor.name) is off by \(worst)")
    }
  }

  @Test func `the seed decides what is kept, stands in the plan, and gives the same bytes again`() throws {
    func spec(_ seed: String) -> String {
      """
      merge_method: dare_linear
      base_model: ./base
      models:
        - model: ./a
          parameters: {weight: 1, density: 0.5}
      dtype: float32
      \(seed)
      """
    }
    let (plan, first) = try Self.merge(spec("seed: 7"))
    #expect(plan.text().contains("\nseed    7\n"))
    #expect(plan.json().contains("\n  \"seed\": 7,\n"))
    let name = "model.embed_tokens.weight"
    let bytes = try first.bytes(of: name)
    #expect(try Self.merge(spec("seed: 7"), threads: 1).1.bytes(of: name) == bytes)
    #expect(try Self.merge(spec("seed: 8")).1.bytes(of: name) != bytes)
    #expect(try Self.merge(spec("seed: 0")).1.bytes(of: name) == Self.merge(spec("")).1.bytes(of: name))
  }

  private static func merge(_ text: String, threads: Int = 2) throws -> (MergePlan, PlannedTensorSource) {
    let folder = try TemporaryFolder()
    let merge = try OpenedMerge.open(try folder.write("spec.yml", text.replacingModels(in: family)))
    let resources = MergeResources(threads: threads)
    return (merge.plan, PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: resources))
  }
}
