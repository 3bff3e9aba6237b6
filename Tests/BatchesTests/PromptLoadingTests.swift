import Batches
import BraidTesting
import Evaluation
import Testing

struct PromptLoadingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("good.jsonl", #"{"id":"1","task":"t","text":"a"}"#)
    try folder.write("bad.jsonl", "{")
  }

  private func complaint(_ names: [String]) -> String {
    do {
      _ = try PromptLoading.load(names.map { folder($0) })
      return ""
    } catch {
      return "\(error)".split(separator: folder.path + "/").joined()
    }
  }

  @Test func `reads files in their order`() throws {
    #expect(try PromptLoading.load([folder("good.jsonl")]).prompts.map(\.id) == ["1"])
  }

  @Test func `a file that is not there is answered with its neighbour`() {
    #expect(
      complaint(["god.jsonl"]) == "god.jsonl: error: there is no such file of prompts\n  did you mean good.jsonl?")
  }

  @Test func `a pattern that matched nothing is called so`() {
    #expect(complaint(["*.heldout.jsonl"]) == "*.heldout.jsonl: error: no file matches this pattern")
  }

  @Test func `a folder is refused`() {
    #expect(
      complaint([""]).contains("error: this is a folder, not a file of prompts\n  name its files: "))
  }

  @Test func `a file that is given twice is refused once, whatever it is called`() {
    #expect(
      complaint(["good.jsonl", "./good.jsonl"])
        == "./good.jsonl: error: the file is given twice, first as good.jsonl")
    #expect(complaint(["good.jsonl", "good.jsonl"]) == "good.jsonl: error: the file is given twice")
  }

  @Test func `everything is collected`() {
    let text = complaint(["gone.jsonl", "bad.jsonl"])
    #expect(text.contains("gone.jsonl: error: there is no such file"))
    #expect(text.contains("bad.jsonl:1:2: error: the line is not valid JSON"))
  }
}
