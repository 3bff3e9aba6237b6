import BraidTesting
import Checkpoints
import Documents
import Merging
import Tensors
import Testing

@Suite struct UnpackedMergeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["awq", "gptq-4-bits", "fp8-block"])
  func `a packed model merges as the weights that it stands for, and the output is a plain model`(name: String) throws {
    let packed = Fixture.path("formats/safetensors/packed/")
    let spec = """
      merge_method: linear
      dtype: float32
      models:
        - model: \(packed)\(name)
          parameters: {weight: 1}
      """
    let merge = try OpenedMerge.open(try folder.write("spec.yml", spec))
    _ = try Merger.merge(
      merge, to: MergeOutput(destination: folder("out")), resources: MergeResources(threads: 2))
    let merged = try ModelFolder.open(folder("out"))
    #expect(!merged.isUnpacked)
    #expect(merged.configuration?["quantization_config"] == nil)
    #expect(merged.configuration?["torch_dtype"]?.string == "float32")
    let expected = try Checkpoint.open("\(packed)expected/\(name).safetensors")
    for tensor in expected.index.tensors {
      #expect(merged.checkpoint.index[tensor.name] == tensor)
      #expect(try merged.checkpoint.bytes(of: tensor.name) == expected.bytes(of: tensor.name))
    }
    let names = try Files.list(folder("out"))
    #expect(names == ["README.md", "braid-record.json", "config.json", "merge.yml", "model.safetensors"])
  }
}
