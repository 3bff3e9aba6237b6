import Documents
import MergeMethods
import MergeSpecs
import Tensors
import Testing

/// Configurations of bakllama as specs; what becomes of layers and of `scale` was seen in merges by mergekit's own program.
@Suite struct BakllamaTests {
  private func converted(_ text: String) throws -> SpecConversion.Result {
    let (result, diagnostics) = SpecConversion.converted(text, file: "bakllama.yml")
    guard let result else { throw SpecTesting.Failure(diagnostics: diagnostics) }
    return result
  }

  private func errors(_ text: String, from origin: SpecConversion.Origin = .mergekit) -> [String] {
    SpecConversion.converted(text, file: "bakllama.yml", from: origin).diagnostics.map { $0.rendered(text: nil) }
  }

  @Test func `layers are copied slice by slice, and scaled where they lead out`() throws {
    let result = try converted(
      """
      layer_slices:
        - model: org/a  # the front
          start: 0
          end: 2
        - {model: ./b, start: "1", end: 2, scale: 0.5}
      embedding_source: org/a
      lm_head_source: null
      """)
    #expect(
      result.text == """
        # layer_slices:
        #   - model: org/a  # the front
        #     start: 0
        #     end: 2
        #   - {model: ./b, start: "1", end: 2, scale: 0.5}
        # embedding_source: org/a
        # lm_head_source: null
        merge_method: passthrough
        slices:
          - sources:
              - model: org/a
                layer_range: [0, 2]
          - sources:
              - model: ./b
                layer_range: [1, 2]
                parameters:
                  scale:
                    - filter: down_proj
                      value: 0.5
                    - value: 1.0

        """)
    #expect(result.notes.isEmpty && result.remaining.isEmpty)
  }

  @Test func `embeddings and head come from the models that are named for them`() throws {
    let result = try converted(
      """
      layer_slices:
        - {model: a, start: 0, end: 2, scale: 0.25}
        - {model: b, start: 0, end: 1}
      embedding_source: c
      lm_head_source: d
      """)
    #expect(
      result.notes.map(\.message) == [
        "the slice of a is now a sum, to which embed_tokens of c comes with a weight of one",
        "the slice of b is now a sum, to which lm_head of d comes with a weight of one",
      ])
    #expect(result.remaining.isEmpty)
    let plan = try SpecTesting.plan(result.text)
    func weights(_ tensor: String) throws -> [String: Double] {
      let step = try #require(plan.steps.first { $0.output.name == tensor })
      guard case .merge(_, let parameters, _) = step.operation else { return [:] }
      let names = step.inputs.map { plan.models[$0.model].reference }
      return Dictionary(uniqueKeysWithValues: zip(names, parameters.perInput.map { $0["weight"] ?? .nan }))
    }
    #expect(try weights("model.embed_tokens.weight") == ["a": 0, "c": 1])
    #expect(try weights("lm_head.weight") == ["b": 0, "d": 1])
    #expect(try weights("model.norm.weight") == ["b": 1, "d": 0])
    #expect(try weights("model.layers.1.mlp.up_proj.weight") == ["a": 1, "c": 0])
    #expect(
      result.text.contains("            - filter: down_proj\n              value: 0.25\n            - value: 1.0\n"))
  }

  @Test func `one slice can borrow both from one model or from two`() throws {
    let start = "layer_slices: [{model: a, start: 0, end: 2}]\nembedding_source: c\nlm_head_source: "
    for (head, inputs) in [("c", 2), ("d", 3), ("a", 2)] {
      let plan = try SpecTesting.plan(try converted(start + head).text)
      #expect(plan.steps.allSatisfy { $0.inputs.count == inputs })
    }
  }

  @Test func `what cannot be understood is said with its line`() throws {
    #expect(
      errors(
        "layer_slices:\n  - {model: a, start: 0}\n  - a\n  - {model: a, start: 0, end: 1, scale: x}\nlm_head_source: [a]"
      )
        == [
          "bakllama.yml:2:5: error: a slice needs `model`, and `start` and `end` as whole numbers\n"
            + "  the end is the layer after the last",
          "bakllama.yml:3:5: error: a slice has `model`, `start` and `end`, but here is \"a\"",
          "bakllama.yml:4:41: error: `scale` is a number, but here is \"x\"",
          "bakllama.yml:5:17: error: `lm_head_source` names a model, but here is a list",
        ])
    #expect(
      errors("layer_slices: []") == ["bakllama.yml:1:15: error: `layer_slices` is a list of slices, but here is none"])
    #expect(
      errors("merge_method: linear", from: .bakllama)[0].hasPrefix(
        "bakllama.yml: error: there is no configuration of bakllama"))
    #expect(errors("layer_slices: [{model: a, start: 0, end: 1}]\n---\na: b").count == 1)
    let misspelt = try converted("layer_slices: [{model: a, start: 0, end: 1, scal: 2}]\nlm_head: b")
    #expect(
      misspelt.notes.map { $0.message.prefix(22) } == ["`scal` is left out: it", "`lm_head` is left out:"])
    #expect(try converted("layer_slices: [{model: a, start: 2, end: 1}]").remaining.count == 1)
  }
}
