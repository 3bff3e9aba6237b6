import BraidTesting
import Documents
import MergeSpecs
import Testing

@Suite struct SpecConversionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var old: String
    /// What the result must be.
    var new: String
    var origin = SpecConversion.Origin.mergekit

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "keys-without-effect",
      old: """
        # two halves
        merge_method: slerp
        base_model: a
        embed_slerp: true  # from an old example
        models:
          - model: a
          - model: b
        input_model_parameters:
          - model: a
            parameters: {weight: 1}
        parameters: {t: 0.5}
        dytpe: float16
        """,
      new: """
        # two halves
        merge_method: slerp
        base_model: a
        # embed_slerp: true  # from an old example
        models:
          - model: a
          - model: b
        # input_model_parameters:
        #   - model: a
        #     parameters: {weight: 1}
        parameters: {t: 0.5}
        # dytpe: float16
        """),
    Case(
      name: "residual-weight",
      old: """
        merge_method: passthrough
        slices:
          - sources:
              - {model: a, layer_range: ["0", "2"]}
            residual_weight: 0.5
        """,
      new: """
        merge_method: passthrough
        slices:
          - sources:
              - model: a
                layer_range: [0, 2]
            # residual_weight: 0.5
        """),
    Case(
      name: "tokenizer-source-and-dtypes",
      old: """
        merge_method: linear
        models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]
        dtype: torch.bfloat16  # as trained
        out_dtype: fp16
        # everybody's words
        tokenizer_source: union
        """,
      new: """
        merge_method: linear
        models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]
        dtype: bfloat16  # as trained
        out_dtype: float16
        # everybody's words
        tokenizer:
          source: union
        """),
    Case(
      name: "misplaced-parameters",
      old: """
        merge_method: ties
        base_model: a
        models:
          - model: b
            weight: 0.5  # half
            density: 0.4
          - {model: c, weight: 1, parameters: {density: 0.7}}
        normalize: yes
        """,
      new: """
        merge_method: ties
        base_model: a
        models:
          - model: b
            parameters:
              weight: 0.5  # half
              density: 0.4
          - model: c
            parameters:
              density: 0.7
              weight: 1
        parameters:
          normalize: true
        """),
    Case(
      name: "cases-without-a-list-and-quoted-numbers",
      old: """
        merge_method: ties
        base_model: a
        models:
          - model: b
            parameters:
              weight: {value: "0.5"}
              density: ["0.2", 0.9]
          - model: c
            parameters:
              weight:
                filter: "*"
                value: '1'
              density: 0.5
        """,
      new: """
        merge_method: ties
        base_model: a
        models:
          - model: b
            parameters:
              weight:
                - value: 0.5
              density: [0.2, 0.9]
          - model: c
            parameters:
              weight:
                - filter: "*"
                  value: 1
              density: 0.5
        """),
    Case(
      name: "parameters-that-do-nothing",
      old: """
        merge_method: task_arithmetic
        base_model: &base a
        models:
          - model: *base
            parameters: {weight: 1}
          - b
          - model: c
            parameters:
              normalize: false
              # the larger part
              weight: 0.7
        parameters:
          weight: 0.3
          weight: 0.4
          int8_mask: true
          temperature: 1
        """,
      new: """
        merge_method: task_arithmetic
        base_model: &base a
        models:
          - model: *base
            # parameters: {weight: 1}
          - model: b
          - model: c
            parameters:
              # normalize: false
              # the larger part
              weight: 0.7
        parameters:
          # weight: 0.3
          weight: 0.4
          int8_mask: true
          # temperature: 1
        """),
    Case(
      name: "weight-files",
      old: """
        merge_method: linear
        models:
          - model: a
            parameters: {weight: [0.25, 0.5]}
          - model: b
            parameters:
              weight:
                - 1.0
                - 0.5
        """,
      new: """
        merge_method: linear
        models:
          - model: a
            parameters:
              weight: 0.25
          - model: b
            parameters:
              weight: 1.0
        """, origin: .mergekitPyTorch),
  ]

  @Test(arguments: cases) func `old forms become today's, without anything left to say`(_ test: Case) throws {
    let (result, diagnostics) = SpecConversion.converted(test.old, file: "old.yml", from: test.origin)
    #expect(diagnostics.isEmpty)
    let converted = try #require(result)
    #expect(converted.text == test.new + "\n")
    #expect(converted.remaining.map { $0.rendered(text: nil) } == [])
    #expect(!converted.notes.isEmpty)
    #expect(converted.notes.allSatisfy { $0.position != nil })
    let again = try #require(SpecConversion.converted(converted.text, file: "new.yml").result)
    #expect(again.text == converted.text && again.notes.isEmpty)
  }

  @Test func `what a lenient reader makes of the old form is the plan of the new one`() throws {
    // Misplaced parameters are another matter: what mergekit passes over is what their author meant.
    for test in Self.cases where !["misplaced-parameters", "weight-files"].contains(test.name) {
      let result = try #require(SpecConversion.converted(test.old, file: "old.yml").result)
      let old = try #require(MergeSpec.parse(test.old, file: "f", lenient: true).spec, "\(test.name)")
      let new = try #require(MergeSpec.parse(result.text, file: "f").spec, "\(test.name)")
      guard let before = try Planner.plan(old, models: SpecTesting.tinyModels()).plan else { continue }
      #expect(try Planner.plan(new, models: SpecTesting.tinyModels()).plan?.json() == before.json(), "\(test.name)")
    }
  }

  @Test func `a spec of today stays as it is, letter by letter`() throws {
    for path in try Files.list(Fixture.packageRoot + "/merges") where path.hasSuffix(".yml") {
      let text = try Files.text(Fixture.merge(path))
      let result = try #require(SpecConversion.converted(text, file: path).result)
      #expect(result.text == text && result.notes.isEmpty && result.remaining.isEmpty, "\(path)")
    }
  }

  @Test func `every change is noted with its place`() throws {
    func notes(_ name: String) throws -> [String] {
      let test = try #require(Self.cases.first { $0.name == name })
      let result = try #require(SpecConversion.converted(test.old, file: "old.yml", from: test.origin).result)
      return result.notes.map { $0.rendered(text: nil) }
    }
    let first = try notes("keys-without-effect")
    #expect(first.count == 3)
    #expect(first[0].hasPrefix("old.yml:4:1: note: `embed_slerp` is now a comment: it has no effect\n"))
    #expect(first[2].hasPrefix("old.yml:12:1: note: `dytpe` is now a comment"))
    #expect(first[2].hasSuffix("did you mean dtype?"))
    let second = try notes("tokenizer-source-and-dtypes")
    #expect(second[0] == "old.yml:3:1: note: dtype `torch.bfloat16` is now `bfloat16`")
    #expect(second[2].contains("`tokenizer_source: union` is now `source: union` under `tokenizer:`"))
  }
}
