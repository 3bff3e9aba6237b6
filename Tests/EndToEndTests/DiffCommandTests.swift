import BraidTesting
import Documents
import Testing

/// `braid diff` as users run it.
@Suite struct DiffCommandTests {
  private func family(_ name: String) -> String { Fixture.path("families/a/\(name)") }

  @Test func `two experts and their base are compared in tables, maps and words`() throws {
    let folder = try TemporaryFolder()
    let run = try BraidBinary.run([
      "diff", family("expert-sums"), family("expert-sort"), "--base", family("base"), "--top", "2", "--html",
      folder("page.html"),
    ])
    #expect(run.status == 0, "\(run.errors)")
    for text in [
      "39 tensors compared", "Task vectors: A and B less the base",
      "Sign conflict of the task vectors by layer and role",
      "The 2 tensors that differ most", "lm_head.weight 512x128", "What this means A moved", "sign conflict 0.52",
    ] {
      // Where lines break depends on how long the paths are.
      let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(words.contains(text), "\(text)")
    }
    let page = try Files.text(folder("page.html"))
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("<td class=\"text\">lm_head.weight</td>"))
  }

  @Test func `JSON holds every tensor and is the same for any number of threads`() throws {
    let arguments = ["diff", family("expert-sums"), family("expert-sort"), "--base", family("base"), "--json"]
    let run = try BraidBinary.run(arguments + ["--threads", "1"])
    #expect(run.status == 0, "\(run.errors)")
    let json = try JSONParser.parse(run.output)
    #expect(json["tensors"]?.array?.count == 39)
    #expect(json["tensors"]?.array?.first?["task_vectors"]?["conflict"]?.double != nil)
    #expect(json["layers"]?.array?.count == 5)
    #expect(try BraidBinary.run(arguments + ["--threads", "3"]).output == run.output)
  }

  @Test func `a spec is a model, and a weight file is one too`() throws {
    let folder = try TemporaryFolder()
    let merge = try BraidBinary.run(["merge", Fixture.merge("ties.yml"), "-o", folder("ties")])
    #expect(merge.status == 0, "\(merge.errors)")
    let run = try BraidBinary.run(["diff", Fixture.merge("ties.yml"), folder("ties/model.safetensors")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("All 39 tensors that both have are equal"))
  }

  @Test func `a spec of several stages is a model as well`() throws {
    let folder = try TemporaryFolder()
    let merge = try BraidBinary.run([
      "merge", Fixture.merge("stages.yml"), "-o", folder("out"), "--keep-stages", folder("kept"),
    ])
    #expect(merge.status == 0, "\(merge.errors)")
    #expect(merge.output.contains(": stage words-and-facts\n"))
    let run = try BraidBinary.run(["diff", Fixture.merge("stages.yml"), folder("out")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("All 39 tensors that both have are equal"))
  }

  @Test func `what is wrong with the request is said and exits with 2`() throws {
    let folder = try TemporaryFolder()
    for arguments in [
      ["diff", family("base")], ["diff", family("base"), family("bse")],
      ["diff", family("base"), family("base"), "--base", folder("nothing")],
      ["diff", family("base"), family("base"), "--top", "-1"],
    ] {
      let run = try BraidBinary.run(arguments)
      #expect(run.status == 2 && run.output.isEmpty && !run.errors.isEmpty, "\(arguments)")
    }
    let unwritable = try BraidBinary.run(
      ["diff", family("base"), family("base"), "--html", folder("no/such/page.html")])
    #expect(unwritable.status == 1 && unwritable.errors.contains("page.html"))
  }
}
