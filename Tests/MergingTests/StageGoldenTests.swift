import BraidTesting
import Merging
import Tensors
import Testing

/// What mergekit-multi makes of specs with several stages, each written to disk, against stages that are fused here.
@Suite struct StageGoldenTests {
  static let family = Fixture.path("families/b")

  @Test(arguments: ["signs", "stacks"]) func `a reference merge of several stages comes out equal`(
    name: String
  ) throws {
    let folder = try TemporaryFolder()
    let text = try Files.text("\(Self.family)/stages/\(name)/spec.yaml")
      .replacing("model: ./", with: "model: \(Self.family)/").replacing(": ./base", with: ": \(Self.family)/base")
    let merge = try OpenedMerge.open(try folder.write("spec.yml", text))
    #expect(merge.stages.count == 2 && merge.diagnostics == [])
    let merged = PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: MergeResources(threads: 2))
    let golden = try OpenedModel.open(
      "\(Self.family)/stages/\(name)/golden.safetensors", resources: MergeResources(threads: 1)
    ).weights
    #expect(Set(golden.index.tensors.map(\.name)) == Set(merged.index.tensors.map(\.name)))
    for tensor in golden.index.tensors {
      #expect(merged.index[tensor.name] == tensor)
      let (a, b) = (try merged.floats(tensor.name), try golden.floats(tensor.name))
      let largest = b.reduce(0) { max($0, abs($1)) }
      let worst = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(worst <= 1e-6 * largest, "\(tensor.name) is off by \(worst)")
    }
  }
}
