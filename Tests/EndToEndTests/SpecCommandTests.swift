import BraidTesting
import Documents
import Testing

@Suite struct SpecCommandTests {
  @Test func `braid spec check finds nothing wrong with the examples`() throws {
    let run = try BraidBinary.run(["spec", "check", Fixture.merge("ties.yml"), Fixture.merge("stages.yml")])
    #expect(run.status == 0)
    #expect(run.output.hasSuffix("ties.yml: nothing wrong\n\(Fixture.merge("stages.yml")): nothing wrong\n"))
    #expect(run.errors.isEmpty)
  }

  @Test func `braid spec check names every fault, as JSON too, and does without models`() throws {
    let folder = try TemporaryFolder()
    let spec = try folder.write(
      "spec.yml",
      "merge_method: linear\nmodels: [{model: nowhere}, {model: there}]\nparameters: {weight: 1}\ndytpe: x\n")
    let run = try BraidBinary.run(["spec", "check", spec])
    #expect(run.status == 2)
    #expect(run.errors.contains("\(spec):2:18: warning: model nowhere: "))
    #expect(run.errors.contains("\(spec):4:1: error: there is no key `dytpe` in the top level of the spec"))
    #expect(run.output == "\(spec): 1 error, 2 warnings\n")
    let json = try BraidBinary.run(["spec", "check", spec, "--json", "--syntax-only"])
    #expect(json.status == 2)
    let found = try #require(JSONParser.parse(json.output).array)
    #expect(found.count == 1)
    #expect(found[0]["file"]?.string == spec)
    #expect(found[0]["line"]?.int == 4 && found[0]["column"]?.int == 1)
    #expect(found[0]["severity"]?.string == "error" && found[0]["hint"]?.string == "did you mean dtype?")
  }

  @Test func `braid spec format prints, writes in place and checks`() throws {
    let folder = try TemporaryFolder()
    let spec = try folder.write(
      "spec.yml", "models:\n- model: a # one\n- model: b\nmerge_method: linear\nparameters: {weight: 1}\n")
    let canonical = "merge_method: linear\nmodels:\n  - model: a # one\n  - model: b\nparameters: {weight: 1}\n"
    #expect(try BraidBinary.run(["spec", "format", spec]).output == canonical)
    #expect(try BraidBinary.run(["spec", "format", spec, "--check"]).status == 1)
    #expect(try BraidBinary.run(["spec", "format", spec, "--in-place"]).status == 0)
    #expect(try Files.text(spec) == canonical)
    #expect(try BraidBinary.run(["spec", "format", spec, "--check"]).status == 0)
    let broken = try folder.write("broken.yml", "models: [")
    let run = try BraidBinary.run(["spec", "format", broken, "--in-place"])
    #expect(run.status == 2 && run.errors.contains("error: this is not valid YAML"))
    #expect(try Files.text(broken) == "models: [")
  }

  @Test func `braid spec convert writes the new form and notes every change`() throws {
    let folder = try TemporaryFolder()
    let spec = try folder.write(
      "old.yml",
      "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {t: \"0.5\"}\nembed_slerp: true\n"
    )
    let run = try BraidBinary.run(["spec", "convert", spec, "-o", folder("new.yml")])
    #expect(run.status == 0)
    #expect(run.errors.contains("\(spec):5:1: note: `embed_slerp` is now a comment"))
    #expect(try Files.text(folder("new.yml")).contains("parameters:\n  t: 0.5\n"))
    #expect(try BraidBinary.run(["spec", "check", folder("new.yml"), "--syntax-only"]).status == 0)
  }

  @Test func `braid spec schema is JSON that names every method`() throws {
    let schema = try JSONParser.parse(BraidBinary.run(["spec", "schema"]).output)
    #expect(schema["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["properties"]?["merge_method"]?["oneOf"]?.array?.contains { $0["const"]?.string == "ties" } ?? false)
  }

  @Test func `braid init writes a spec that is accepted, once`() throws {
    let folder = try TemporaryFolder()
    let models = ["base", "expert-sums", "expert-sort"].map { Fixture.path("families/a/" + $0) }
    let silent = try BraidBinary.run(["init"] + models + ["-o", folder("m.yml")])
    #expect(silent.status == 2 && silent.errors.contains("standard input is no terminal"))
    let run = try BraidBinary.run(["init", "--yes"] + models + ["-o", folder("m.yml")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.hasPrefix(folder("m.yml") + ": "))
    #expect(try BraidBinary.run(["spec", "check", folder("m.yml")]).output == folder("m.yml") + ": nothing wrong\n")
    let again = try BraidBinary.run(["init", "--yes"] + models + ["-o", folder("m.yml")])
    #expect(again.status == 2 && again.errors.contains("--force replaces it"))
    let one = try BraidBinary.run(["init", "--yes", models[0], "-o", folder("n.yml")])
    #expect(one.status == 2 && one.errors.contains("at least two models"))
  }
}
