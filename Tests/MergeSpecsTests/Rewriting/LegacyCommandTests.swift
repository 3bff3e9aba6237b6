import BraidTesting
import Documents
import MergeSpecs
import Testing

/// Command lines of mergekit's oldest program as specs; what it makes of them itself was read with `--print-yaml`.
@Suite struct LegacyCommandTests {
  private func converted(_ text: String) throws -> SpecConversion.Result {
    let (result, diagnostics) = SpecConversion.converted(text, file: "merge.sh")
    guard let result else { throw SpecTesting.Failure(diagnostics: diagnostics) }
    return result
  }

  private func errors(_ text: String) -> [String] {
    SpecConversion.converted(text, file: "merge.sh").diagnostics.map { $0.rendered(text: nil) }
  }

  @Test func `values go to the models in their order, wherever they stand`() throws {
    let result = try converted(
      """
      #!/bin/sh
      # two experts
      mergekit-legacy ./out --merge org/a --weight 0.5 --merge ./b \\
        --weight=0.3 --base-model base --density 0.4 --density 0.6 --method ties --bf16 --cuda -j 8
      """)
    #expect(
      result.text == """
        # #!/bin/sh
        # # two experts
        # mergekit-legacy ./out --merge org/a --weight 0.5 --merge ./b \\
        #   --weight=0.3 --base-model base --density 0.4 --density 0.6 --method ties --bf16 --cuda -j 8
        merge_method: ties
        base_model: base
        models:
          - model: org/a
            parameters:
              weight: 0.5
              density: 0.4
          - model: ./b
            parameters:
              weight: 0.3
              density: 0.6
        parameters:
          normalize: true
        dtype: bfloat16

        """)
    #expect(result.remaining.isEmpty)
    #expect(
      result.notes.map(\.message) == [
        "the output is not part of a spec: braid merge SPEC -o ./out",
        "-j is not part of the merge: its like is --threads of braid merge",
        "without a counterpart, and left out: --cuda",
      ])
    #expect(result.notes.allSatisfy { $0.position?.line == 3 })
  }

  @Test func `one value holds for all, and none means one`() throws {
    let one = try converted(
      "mergekit-legacy out --merge a --merge base --weight 1 --base-model base --density 0.4 --int8-mask --random-seed 4"
    )
    #expect(one.text.contains("  - model: a\n    parameters:\n      weight: 1\n      density: 0.4\n  - model: base\n"))
    #expect(one.text.hasSuffix("parameters:\n  normalize: true\n  int8_mask: true\n"))
    #expect(one.notes.map(\.message).contains("--random-seed is left out: ties draws nothing at random"))
    #expect(one.remaining.isEmpty)
    let none = try converted(
      "python -m mergekit.scripts.legacy out --method linear --no-normalize --merge a --merge 'b c'")
    #expect(none.text.contains("  - model: \"b c\"\n    parameters:\n      weight: 1.0\n"))
    #expect(none.text.hasSuffix("parameters:\n  normalize: false\n"))
    #expect(none.notes.map(\.message).contains("no --weight is given; every model has 1.0"))
    let random = try converted(
      "mergekit-legacy o --method dare_ties --merge a --base-model b --weight 2 --random-seed 4")
    #expect(random.text.hasSuffix("normalize: true\nseed: 4\n"))
  }

  @Test func `the weight of slerp is its place between the models`() throws {
    let result = try converted("mergekit-legacy o --merge a --merge b --method slerp --weight 0.3 --base-model a")
    #expect(
      result.text.hasSuffix(
        "merge_method: slerp\nbase_model: a\nmodels:\n  - model: a\n  - model: b\nparameters:\n  t: 0.3\n"))
    #expect(result.remaining.isEmpty)
    #expect(
      errors("mergekit-legacy o --merge a --merge b --method slerp --base-model a") == [
        "merge.sh:1:1: error: slerp takes one --weight, the place between the two models; here are 0"
      ])
  }

  @Test func `the sign of the most is what mergekit could not be told`() throws {
    let result = try converted("mergekit-legacy o --merge a --merge b --weight 1 --base-model c --naive-count")
    #expect(result.text.hasSuffix("  consensus: count\n"))
    let plan = try SpecTesting.plan(result.text)
    #expect(plan.parameter("consensus", of: "model.norm.weight") == 1)
  }

  @Test func `a base that the method has no use for is not merged in`() throws {
    let result = try converted("mergekit-legacy o --method linear --merge a --merge b --weight 1 --base-model c")
    #expect(!result.text.contains("\nbase_model"))
    #expect(result.notes.contains { $0.message.hasPrefix("--base-model c is left out: linear has no use for a base") })
    #expect(try SpecTesting.plan(result.text).steps[0].inputs.count == 2)
  }

  @Test func `commands that use each other's output become stages, and others are left out`() throws {
    let result = try converted(
      """
      mergekit-legacy d --method linear --merge c --merge b --weight 1
      mergekit-legacy first/ --method linear --merge a --merge b --weight 1 && echo done
      mergekit-legacy out --method linear --merge first --merge c --weight 0.5 --weight 0.25
      """)
    #expect(result.text.contains("\nname: first\nmerge_method: linear\n"))
    #expect(result.text.contains("---\nmerge_method: linear\nmodels:\n  - model: first\n"))
    #expect(result.remaining.isEmpty)
    #expect(result.notes.first?.message == "this merge is left out: the last one does not need it")
    let plan = try SpecTesting.stagedPlan(result.text)
    #expect(plan.stages.map(\.name) == ["first", nil])
  }

  @Test func `what cannot be understood is said with its line`() {
    #expect(
      errors("mergekit-legacy o --merge $MODEL --merge b --weight x") == [
        "merge.sh:1:1: error: --merge $MODEL is for a shell to fill in\n  write what $MODEL stands for in its place",
        "merge.sh:1:1: error: --weight x is not a number",
      ])
    #expect(
      errors("\nmergekit-legacy o --merge a --merge b --merge c --weight 1 --weight 2") == [
        "merge.sh:2:1: error: there are 2 values of --weight for 3 models\n"
          + "  give one for all, or one for each in the order of the models"
      ])
    #expect(
      errors("mergekit-legacy o") == ["merge.sh:1:1: error: the command names no models\n  each stands behind --merge"])
    #expect(errors("mergekit-legacy o --merge a --merge")[0] == "merge.sh:1:1: error: --merge lacks its value")
    #expect(errors("mergekit-legacy o --merge 'a\n --merge b")[0].contains("merge.sh:1:1: error: a quote begins here"))
    let method = SpecConversion.converted("mergekit-legacy o --method tise --merge a --base-model b", file: "merge.sh")
    #expect(method.result?.remaining.first?.message == "there is no merge method \"tise\"")
    #expect(
      SpecConversion.converted("merge_method: linear", file: "f", from: .mergekitLegacy).diagnostics.first?.message
        == "there is no command line of mergekit-legacy")
  }

  @Test func `any end of a command line gives a spec or a reason`() {
    let text =
      "mergekit-legacy 'out' --merge \"a\" --weight 0.5 \\\n --merge b --weight=2 --base-model c --density .3 # x"
    for end in text.indices {
      let (result, diagnostics) = SpecConversion.converted(String(text[..<end]), file: "f")
      #expect(result != nil || !diagnostics.isEmpty)
    }
  }
}
