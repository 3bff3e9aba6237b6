import BraidTesting
import Documents
import MergeSpecs
import Testing

@Suite struct SpecFormatTests {
  private func formatted(_ text: String) -> String? { SpecFormat.formatted(text, file: "spec.yml").text }

  @Test func `keys come in the order of the language, with their comments and two blanks for each level`() {
    let text = """
      # What this is.

      dtype: float32   # kept
      parameters:
          t:
          -   value: 0.3
              filter: mlp
          - {value: 0.5}


      # the two
      models:
      - model:   "a"
        # none for b
      -   parameters: {}
          model: b
      # last of all
      merge_method : slerp
      base_model: 'a'
      # end
      """
    #expect(
      formatted(text) == """
        # What this is.

        # last of all
        merge_method: slerp
        base_model: 'a'

        # the two
        models:
          - model: "a"
            # none for b
          - model: b
            parameters: {}
        parameters:
          t:
            - filter: mlp
              value: 0.3
            - {value: 0.5}
        dtype: float32   # kept
        # end

        """)
  }

  @Test func `anchors, merge keys, blocks of text, brackets over lines and several documents stay what they are`() {
    let text = """
      %YAML 1.1
      ---
      x-half: &half
          weight: 0.5
      name: first
      merge_method: linear
      chat_template: |
            {% for m in messages %}
              {{ m.content }}

            {% endfor %}
      models:
      - model: &a a
        parameters: *half
      - {model: b,
         parameters: {<<: *half,
           weight: 0.25}}
      --- # the second
      models: [{model: first}, {model: "it's #1"}]
      merge_method: linear
      parameters: {weight: 1}
      """
    #expect(
      formatted(text) == """
        %YAML 1.1
        ---
        x-half: &half
          weight: 0.5
        name: first
        merge_method: linear
        models:
          - model: &a a
            parameters: *half
          - {model: b,
             parameters: {<<: *half,
               weight: 0.25}}
        chat_template: |
          {% for m in messages %}
            {{ m.content }}

          {% endfor %}
        ---  # the second
        merge_method: linear
        models: [{model: first}, {model: "it's #1"}]
        parameters: {weight: 1}

        """)
  }

  @Test func `keys stay where an alias would come before its anchor`() {
    let text = "models:\n- model: &b b\n- model: a\nbase_model: *b\nmerge_method: slerp\nparameters: {t: 0.5}\n"
    #expect(
      formatted(text)
        == "models:\n  - model: &b b\n  - model: a\nbase_model: *b\nmerge_method: slerp\nparameters: {t: 0.5}\n")
  }

  @Test func `a text that is no YAML, or that another layout would change, is refused with its place`() {
    for (text, place) in [("a: [", 2), ("? a\n: b\n", 1), ("a: 1\na: 2\n", 2)] {
      let (formatted, diagnostics) = SpecFormat.formatted(text, file: "spec.yml")
      #expect(formatted == nil, "\(text)")
      #expect(diagnostics.first?.severity == .error, "\(text)")
      #expect(diagnostics.first?.position?.line ?? 0 <= place, "\(text)")
    }
  }

  @Test func `the example specs are in canonical form`() throws {
    for path in try Files.list(Fixture.packageRoot + "/merges") where path.hasSuffix(".yml") {
      let text = try Files.text(Fixture.merge(path))
      let (formatted, diagnostics) = SpecFormat.formatted(text, file: path)
      #expect(formatted == text, "\(path) \(diagnostics.map { $0.rendered(text: text) })")
    }
  }

  @Test func `formatting twice is formatting once, and never changes the plan`() throws {
    for path in try Files.list(Fixture.packageRoot + "/merges") where path.hasSuffix(".yml") {
      let text = try Files.text(Fixture.merge(path))
      let scrambled = Self.scrambled(text)
      let once = try #require(formatted(scrambled), "\(path)")
      #expect(formatted(once) == once, "\(path)")
      let family = try SpecTesting.family()
      #expect(
        try Self.meaning(SpecTesting.stagedPlan(once, models: family))
          == Self.meaning(SpecTesting.stagedPlan(text, models: family)), "\(path)")
    }
    for shape in SpecShapesTests.shapes {
      let once = try #require(formatted(shape.spec), "\(shape.name)")
      #expect(formatted(once) == once, "\(shape.name)")
      let tiny = try SpecTesting.tiny(layers: shape.layers)
      let models = ["a": tiny, "b": tiny, "c": tiny, "d": tiny]
      guard let plan = try? SpecTesting.stagedPlan(shape.spec, models: models) else { continue }
      #expect(
        try Self.meaning(SpecTesting.stagedPlan(once, models: models)) == Self.meaning(plan), "\(shape.name)")
    }
  }

  /// The plan as JSON, its models numbered by name: in a spec they are numbered in the order in which they stand there.
  private static func meaning(_ staged: StagedPlan) -> String {
    StagedPlan(
      staged.stages.map { stage in
        var stage = stage
        let order = stage.plan.models.indices.sorted {
          stage.plan.models[$0].reference < stage.plan.models[$1].reference
        }
        let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        stage.plan.models = order.map { stage.plan.models[$0] }
        stage.plan.donor = place[stage.plan.donor] ?? -1
        for step in stage.plan.steps.indices {
          for input in stage.plan.steps[step].inputs.indices {
            stage.plan.steps[step].inputs[input].model = place[stage.plan.steps[step].inputs[input].model] ?? -1
          }
        }
        return stage
      }
    ).json(memory: 0)
  }

  /// The text with twice the indentation, blanks at the ends of lines and Windows' line ends.
  private static func scrambled(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let indent = line.prefix { $0 == " " }
      let rest = line.dropFirst(indent.count)
      // Keys of a list's element stand below each other, the first behind the dash.
      let spread = rest.hasPrefix("- ") ? "-   " + rest.dropFirst(2) : rest
      return String(indent) + indent + spread + (line.isEmpty ? "" : "  ") + "\r\n"
    }.joined()
  }

  @Test func `damaged and odd texts are formatted or refused, and what is formatted says the same`() throws {
    var generator = SeededGenerator(seed: 4)
    let texts = try Files.list(Fixture.packageRoot + "/merges").filter { $0.hasSuffix(".yml") }.map {
      try Files.text(Fixture.merge($0))
    }
    let pieces = [
      "\n", " ", "  ", "- ", ": ", "#", " # c\n", "&x ", "*x", "\"", "'", "{", "}", "[", "]", "|\n", "---\n",
    ]
    var counted = 0
    for round in 0..<3000 {
      var characters = Array(texts[round % texts.count])
      for _ in 0..<3 {
        let place = Int.random(in: 0..<characters.count, using: &generator)
        characters.replaceSubrange(
          place..<min(characters.count, place + round % 3),
          with: Array(pieces[Int.random(in: pieces.indices, using: &generator)]))
      }
      guard let once = formatted(String(characters)) else { continue }
      counted += 1
      #expect(formatted(once) == once)
    }
    #expect(counted > 300)
  }
}
