import Documents
import MergeSpecs
import Testing

@Suite struct ModelReferenceTests {
  private func reference(_ value: String) -> ModelReference? {
    MergeSpec.parse("merge_method: passthrough\nmodels:\n  - model: \(value)\n", file: "f").spec?.references.first
  }

  @Test func `the short form is path, revision, adapter and its revision`() {
    let whole = reference("org/name@v1+org/lora@main")
    #expect(whole?.model == .init(path: "org/name", revision: "v1"))
    #expect(whole?.adapter == .init(path: "org/lora", revision: "main"))
    #expect(whole?.text == "org/name@v1+org/lora@main")
    #expect(reference("./a+../b")?.adapter == .init(path: "../b"))
    #expect(reference("./a")?.adapter == nil)
    #expect(reference("a@1+b")?.model.revision == "1")
  }

  @Test func `the mapping form means the same as the short one, and is the same model`() {
    let short = reference("a@v1+b@v2")
    for form in [
      "{model: {path: a, revision: v1}, lora: {path: b, revision: v2}}", "{model: a@v1, lora: b@v2}",
      "{path: a, revision: v1, lora: b@v2}",
    ] {
      let long = reference(form)
      #expect(long == short)
      #expect(long?.text == "a@v1+b@v2")
    }
    #expect(reference("{model: a}")?.text == "a")
  }

  @Test func `paths with marks are named by the mapping form`() {
    let marked = reference("{model: {path: \"a+b@c\"}, lora: {path: \"d+e\", revision: v1}}")
    #expect(marked?.model == .init(path: "a+b@c"))
    #expect(marked?.text == #"{model: {path: "a+b@c"}, lora: {path: "d+e", revision: "v1"}}"#)
    #expect(reference(marked?.text ?? "") == marked)
    #expect(reference("{model: a+b}")?.model == .init(path: "a+b"))
    #expect(reference("{path: a+b}") != reference("a+b"))
  }

  @Test func `another architecture makes another model`() {
    let other = reference("{model: a, override_architecture: LlamaForCausalLM}")
    #expect(other?.architecture == "LlamaForCausalLM")
    #expect(other != reference("a"))
    #expect(other?.text == #"{model: {path: "a"}, override_architecture: LlamaForCausalLM}"#)
    #expect(reference(other?.text ?? "") == other)
  }

  @Test func `what comes out of a text goes in again`() {
    for text in ["a", "a@b", "a+b", "a@b+c@d", "org/a@b+org/c"] {
      let read = ModelReference(text: text, position: SourcePosition(line: 1, column: 1))
      let made = ModelReference(model: read.model, adapter: read.adapter, position: read.position)
      #expect(made.text == text)
    }
    let odd = ModelReference(text: "a+b+c", position: SourcePosition(line: 1, column: 1))
    #expect(odd.model.path == "a+b+c" && odd.adapter == nil)
  }
}
