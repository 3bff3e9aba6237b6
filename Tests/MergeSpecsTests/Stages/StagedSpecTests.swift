import BraidTesting
import Documents
import MergeSpecs
import Tensors
import Testing

@Suite struct StagedSpecTests {
  private static func spec(_ name: String?, _ models: String..., base: String? = nil) -> String {
    (name.map { "name: \($0)\n" } ?? "")
      + (base.map { "base_model: \($0)\nmerge_method: task_arithmetic\n" } ?? "merge_method: linear\n") + "models:\n"
      + models.map { "  - {model: \($0), parameters: {weight: 1}}\n" }.joined()
  }

  private func names(_ specs: String...) throws -> [String?] {
    let (spec, diagnostics) = StagedSpec.parse(specs.joined(separator: "---\n"), file: "f")
    #expect(diagnostics == [])
    return try #require(spec).stages.map(\.name?.text)
  }

  private func messages(_ specs: String...) -> [String] {
    StagedSpec.parse(specs.joined(separator: "---\n"), file: "f").diagnostics.map { $0.rendered(text: nil) }
  }

  @Test func `stages stand before those that read them, and the final merge is last`() throws {
    let one = Self.spec("one", "a", "b")
    let two = Self.spec("two", "one", "c")
    let final = Self.spec(nil, "two", "one")
    #expect(try names(one, two, final) == ["one", "two", nil])
    #expect(try names(final, two, one) == ["one", "two", nil])
    #expect(try names(two, final, one) == ["one", "two", nil])
    #expect(try names(two, one) == ["one", "two"])
    #expect(try names(final.replacing("two", with: "one"), one) == ["one", nil])
  }

  @Test func `a stage may be a base model, or the source of a slice`() throws {
    let slices = """
      merge_method: passthrough
      slices:
        - sources: [{model: one, layer_range: [0, 1]}]
        - sources: [{model: {model: {path: two}}, layer_range: [0, 1]}]

      """
    #expect(
      try names(Self.spec("one", "a"), Self.spec("two", "b"), slices) == ["one", "two", nil])
    #expect(try names(Self.spec(nil, "a", base: "one"), Self.spec("one", "b")) == ["one", nil])
  }

  @Test func `what is wrong with names is said with its place`() {
    let final = Self.spec(nil, "one")
    #expect(
      messages(Self.spec("one", "a"), Self.spec("one", "b"), final) == [
        "f:6:7: error: the name \"one\" stands twice, also at line 1, column 7"
      ])
    #expect(
      messages(Self.spec("one", "a"), final, Self.spec(nil, "b")) == [
        """
        f:10:1: error: this spec has no name, and the one in line 6 has none either
          only the final merge may be without a name
        """
      ])
    #expect(
      messages(Self.spec("one", "a"), Self.spec("two", "a")) == [
        """
        f:6:7: error: it is open which merge is the final one: nobody refers to one, two
          leave out the name of the final merge
        """
      ])
    #expect(
      messages(Self.spec("one", "a"), Self.spec("two", "b"), final) == [
        "f:6:7: warning: the final merge does not need the stage \"two\"\n  it is left out"
      ])
    #expect(
      messages(Self.spec("a@b", "a"), Self.spec("[x]", "a"), Self.spec(String(repeating: "x", count: 101), "a")) == [
        "f:1:7: error: a name cannot contain + or @\n  in a reference they ask for an adapter or a revision",
        "f:6:7: error: name is a word that other specs in this file refer to, not a list",
        "f:11:7: error: a name has at most 100 characters",
      ])
  }

  @Test func `circles are named with their path`() {
    #expect(
      messages(
        Self.spec("one", "a", "two"), Self.spec("two", "three"), Self.spec("three", "one"), Self.spec(nil, "one"))
        == ["f:15:13: error: stages refer to each other in a circle: one → two → three → one"])
    #expect(
      messages(Self.spec("one", "one"), Self.spec(nil, "one")) == ["f:4:13: error: the stage \"one\" refers to itself"])
  }

  @Test func `faults of all stages are reported together`() {
    #expect(
      messages(Self.spec("one", "a").replacing("linear", with: "linaer"), Self.spec(nil, "one") + "dytpe: float32\n")
        .map { $0.prefix { $0 != "\n" } } == [
          "f:2:15: error: there is no merge method \"linaer\"",
          "f:9:1: error: there is no key `dytpe` in the top level of the spec",
        ])
  }

  @Test func `one spec alone may carry a name, which has no effect`() throws {
    let (spec, diagnostics) = StagedSpec.parse(Self.spec("one", "a"), file: "f")
    #expect(spec?.stages.count == 1)
    #expect(diagnostics.map(\.severity) == [.warning])
  }

  @Test func `plans of stages read as they did, for people and for programs`() throws {
    let text = [
      Self.spec("one", "a", "b"), "merge_method: slerp\nbase_model: c\nparameters: {t: 0.5}\nmodels: [{model: one}]\n",
    ].joined(separator: "---\n")
    let plan = try SpecTesting.stagedPlan(text)
    try Golden.expect(plan.text(), at: "stages.txt")
    let json = plan.json(memory: 1000)
    try Golden.expect(json, at: "stages.json")
    let root = try JSONParser.parse(json)
    #expect(root["stages"]?.array?.count == 2)
    #expect(root["stages"]?.array?.last?["models"]?.array?.last?["stage"]?.bool == true)
    // What a stage gives is computed, not read.
    #expect(plan.stages[1].plan.inputByteCount == plan.stages[0].plan.outputByteCount)
  }
}
