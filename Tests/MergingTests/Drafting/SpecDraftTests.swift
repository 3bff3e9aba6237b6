import BraidTesting
import Documents
import MergeSpecs
import Documents
import Merging
import Testing

@Suite struct SpecDraftTests {
  private static let names = ["base", "expert-sums", "expert-sort", "expert-facts"]
  private static func path(_ name: String) -> String { Fixture.path("families/a/" + name) }

  private func survey(_ names: [String]) throws -> ModelSurvey { try ModelSurvey.open(names.map(Self.path)) }

  @Test func `the base of a family is the model that all others lie nearest to`() throws {
    let survey = try survey(["expert-sums", "expert-sort", "base", "expert-facts"])
    #expect(survey.fault == nil)
    #expect(survey.likelyBase?.index == 2)
    #expect(survey.models[2].architecture == "LlamaForCausalLM")
    #expect(survey.models[2].layers == 4)
    #expect(try self.survey(["expert-sums", "expert-sort"]).likelyBase == nil)
  }

  @Test func `a card that names its base is believed`() {
    let survey = ModelSurvey(
      models: [
        .init(reference: "./b", name: "b", parameters: 1, statedBases: ["org/A"]),
        .init(reference: "./a", name: "a", parameters: 1),
      ], sample: nil)
    #expect(survey.likelyBase?.index == 1)
    #expect(survey.likelyBase?.reason == "b says that it was made from it")
  }

  @Test func `drafts of every method for every set of models are specs without faults`() throws {
    let folder = try TemporaryFolder()
    for count in 2...4 {
      let survey = try survey(Array(Self.names.prefix(count)))
      for base in [nil, 0] as [Int?] {
        for method in MethodAdvice(survey, base: base).methods {
          var draft = SpecDraft(survey)
          (draft.base, draft.method) = (base, method)
          let file = try folder.write("spec.yml", draft.text(file: "spec.yml"))
          let check = try SpecCheck.check(file)
          #expect(check.diagnostics.map { $0.rendered(text: nil) } == [], "\(method) of \(count), base \(base ?? -1)")
          #expect(SpecFormat.formatted(check.text, file: "f").text == check.text, "\(method)")
        }
      }
    }
  }

  @Test func `one expert is advised otherwise than many, and two strangers otherwise than a family`() throws {
    #expect(MethodAdvice(try survey(["base", "expert-sums"]), base: 0).methods.first == "task_arithmetic")
    #expect(MethodAdvice(try survey(["expert-sort", "expert-sums"]), base: nil).methods.first == "slerp")
    #expect(MethodAdvice(try survey(["expert-sort", "expert-sums", "expert-facts"]), base: nil).methods == ["linear"])
    let many = MethodAdvice(try survey(Self.names), base: 0)
    #expect(many.methods.count == 5 && many.reason.contains("sign conflict"))
  }

  @Test func `answers are understood, defaults taken and nonsense asked again`() throws {
    let survey = try survey(Self.names)
    var answers = ["9", "expert-sums", "teis", "ties", "float32"]
    var asked: [String] = []
    let draft = try SpecDraft.asking(about: survey) { question in
      asked.append((question.complaint ?? "") + "[\(question.fallback)]")
      return answers.isEmpty ? "" : answers.removeFirst()
    }
    #expect(draft.base == 1 && draft.method == "ties" && draft.dtype == "float32")
    #expect(asked[0] == "[1]")
    #expect(asked[1] == "a number from 0 to 4 is wanted[1]")
    #expect(asked[3].hasPrefix("did you mean ties? choices: "))
    let plain = try SpecDraft.asking(about: survey) { _ in "" }
    #expect(plain.text(file: "f") == SpecDraft(survey).text(file: "f"))
  }

  @Test func `models that cannot be merged whole are refused with the reason`() {
    func survey(_ other: ModelSurvey.Model) -> String? {
      let first = ModelSurvey.Model(reference: "a", name: "a", architecture: "L", layers: 4, parameters: 1)
      return ModelSurvey(models: [first, other], sample: nil).fault
    }
    #expect(
      survey(.init(reference: "b", name: "b", architecture: "Q", layers: 4, parameters: 1))
        == "a is a L and b a Q: only models of one architecture can be merged")
    #expect(
      survey(.init(reference: "b", name: "b", architecture: "L", layers: 5, parameters: 1))?.contains("stacked")
        ?? false)
    #expect(survey(.init(reference: "a", name: "a", parameters: 1)) == "a is named twice")
  }

  @Test func `a draft says what the models are and why its method`() throws {
    let survey = try survey(Self.names)
    let draft = SpecDraft(survey)
    let lines = draft.text(file: "merge.yml").split(separator: "\n").map(String.init)
    #expect(lines[0] == "# A merge of 4 models, drafted by braid init.")
    #expect(lines.contains { $0.hasPrefix("# base: LlamaForCausalLM, 4 layers, vocabulary ") })
    #expect(lines.contains("# Why \(draft.method): \(draft.reason)."))
    #expect(lines.contains("merge_method: \(draft.method)"))
    #expect(lines.contains { $0.hasPrefix("base_model: \(Self.path("base"))  #") })
  }
}
