internal import Documents

/// One question about a merge, with the answer that counts if there is none.
public struct DraftQuestion: Sendable, Hashable {
  /// What is asked, over one or more lines.
  public var text: String
  /// What an empty answer means.
  public var fallback: String
  /// What was wrong with the answer before.
  public var complaint: String?

  /// Asks something.
  public init(text: String, fallback: String) {
    self.text = text
    self.fallback = fallback
  }
}

extension SpecDraft {
  /// Asks what the models cannot tell, and drafts a spec.
  ///
  /// - Parameter ask: gives the answer to a question; an empty one stands for the default.
  public static func asking(
    about survey: ModelSurvey, _ ask: (DraftQuestion) throws -> String
  ) throws -> SpecDraft {
    let likely = survey.likelyBase
    let list = survey.models.enumerated().map { "  \($0 + 1)  \($1.name): \($1.facts)\n" }.joined()
    let reason = likely.map { "\(survey.models[$0.index].name) seems to be: \($0.reason)." }
    let base = try answer(
      DraftQuestion(
        text: list + "Which is the base that the others were made from? 0 is none of them."
          + (reason.map { "\n  " + $0 } ?? ""), fallback: "\(likely.map { $0.index + 1 } ?? 0)"), ask
    ) { text in
      if let number = Int(text), (0...survey.models.count).contains(number) { return number }
      return survey.models.firstIndex { $0.name == text || $0.reference == text }.map { $0 + 1 }
    } complaint: { _ in
      "a number from 0 to \(survey.models.count) is wanted"
    }
    var draft = SpecDraft(survey, base: base == 0 ? nil : base - 1)
    let advice = MethodAdvice(survey, base: draft.base)
    let method = try answer(
      DraftQuestion(
        text:
          "Which method? One of \(advice.methods.joined(separator: ", ")).\n  \(advice.methods[0]): \(advice.reason).",
        fallback: advice.methods[0]), ask
    ) { text in
      advice.methods.contains(text) ? text : nil
    } complaint: { text in
      (NearestName.of(text, in: advice.methods).map { "did you mean \($0)? " } ?? "")
        + "choices: \(advice.methods.joined(separator: ", "))"
    }
    if method != draft.method { (draft.method, draft.reason) = (method, "it was asked for") }
    let dtypes = ["bfloat16", "float16", "float32"]
    draft.dtype = try answer(
      DraftQuestion(
        text: "Which dtype is the result to have? One of \(dtypes.joined(separator: ", ")).", fallback: draft.dtype),
      ask
    ) { text in
      dtypes.contains(text) || text == draft.dtype ? text : nil
    } complaint: { _ in
      "choices: \(dtypes.joined(separator: ", "))"
    }
    return draft
  }

  /// Asks until the answer can be understood.
  private static func answer<Value>(
    _ question: DraftQuestion, _ ask: (DraftQuestion) throws -> String, understood: (String) -> Value?,
    complaint: (String) -> String
  ) throws -> Value {
    var question = question
    while true {
      let text = try ask(question)
      let answer = text.isEmpty ? question.fallback : text
      if let value = understood(answer) { return value }
      question.complaint = complaint(answer)
    }
  }
}
