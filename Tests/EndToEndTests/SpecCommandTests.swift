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

  @Test func `braid spec convert makes a spec of a command line of mergekit-legacy`() throws {
    let folder = try TemporaryFolder()
    let family = Fixture.path("families/a/")
    let script = try folder.write(
      "merge.sh",
      "mergekit-legacy out --merge \(family)expert-sums --merge \(family)expert-sort --weight 0.5 --density 0.4 \\\n"
        + "  --base-model \(family)base --bf16\n")
    let run = try BraidBinary.run(["spec", "convert", script, "-o", folder("m.yml")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("\(script):1:1: note: the output is not part of a spec: braid merge SPEC -o out"))
    #expect(try BraidBinary.run(["spec", "check", folder("m.yml")]).output == folder("m.yml") + ": nothing wrong\n")
  }

  @Test func `braid spec schema is JSON that names every method`() throws {
    let schema = try JSONParser.parse(BraidBinary.run(["spec", "schema"]).output)
    #expect(schema["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["properties"]?["merge_method"]?["oneOf"]?.array?.contains { $0["const"]?.string == "ties" } ?? false)
  }

  @Test func `braid init asks, explains what it did not understand, and writes what was answered`() throws {
    let folder = try TemporaryFolder()
    let models = ["base", "expert-sums", "expert-sort"].map { Fixture.path("families/a/" + $0) }
    let run = try BraidBinary.run(
      ["init", "-o", folder("m.yml")], input: models.joined(separator: " ") + "\n7\nbase\nteis\nties\nfloat32\n")
    #expect(run.status == 0, "\(run.errors)")
    for text in [
      "Which models?", "Which is the base", "a number from 0 to 3 is wanted", "Which method?", "did you mean ties?",
      "Which dtype",
    ] {
      #expect(run.errors.contains(text), "\(text)")
    }
    #expect(run.output.hasPrefix(folder("m.yml") + ": ties of 3 models"))
    let spec = try Files.text(folder("m.yml"))
    #expect(spec.contains("\nmerge_method: ties\n") && spec.contains("\ndtype: float32"))
    let merge = try BraidBinary.run(["merge", folder("m.yml"), "-o", folder("out"), "--quiet"])
    #expect(merge.status == 0, "\(merge.errors)")
    // Empty answers take what is suggested; answers that end too early write nothing.
    let plain = try BraidBinary.run(["init", "-o", folder("n.yml")] + models, input: "\n\n\n")
    #expect(plain.status == 0, "\(plain.errors)")
    let early = try BraidBinary.run(["init", "-o", folder("o.yml")] + models, input: "\n")
    #expect(early.status == 2 && early.errors.contains("the answers ended"))
    #expect(!Files.exists(folder("o.yml")))
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
