import Batches
import Testing

struct ModelNamesTests {
  @Test(arguments: [
    (["a/base", "out/ties.yml", "w.safetensors"], ["base", "ties", "w"]),
    (["a/base/", "./b/base", "b/other"], ["a-base", "b-base", "other"]),
    (["x/a/base", "y/a/base"], ["x-a-base", "y-a-base"]),
    (["ties", "ties.yml", "ties.yaml"], ["ties", "ties-2", "ties-3"]),
    (["a/model.safetensors", "b/model.safetensors"], ["a", "b"]),
    (["a/../b/c", "org/name@main"], ["c", "name@main"]),
    (["/", "a/.yml"], ["root", ".yml"]),
  ])
  func `names are short and differ`(arguments: [String], names: [String]) {
    #expect(ModelNames.distinct(arguments) == names)
  }

  @Test func `a name is never a way out of a folder`() {
    for argument in ["..", ".", "../..", "a/..", "./", ""] {
      let name = ModelNames.distinct([argument])[0]
      #expect(!name.isEmpty && name != "." && name != ".." && !name.contains("/"))
    }
  }

  @Test func `reserved names are left alone`() {
    #expect(
      ModelNames.distinct(["x/samples.jsonl", "samples.jsonl"], reserved: ["samples.jsonl"])[0] == "x-samples.jsonl")
    #expect(ModelNames.distinct(["samples.jsonl"], reserved: ["samples.jsonl"]) == ["samples.jsonl-2"])
  }
}
