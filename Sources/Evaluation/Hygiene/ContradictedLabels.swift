/// Finds prompts whose label is probably wrong: every model gives one and the same other answer.
struct ContradictedLabels {
  /// One model alone may simply be wrong.
  static let fewestModels = 2

  static func contradictions(of items: [HygieneItem], by samples: [SampleRecord]) -> [HygieneReport.Contradiction] {
    var answers: [Key: [String: Answer]] = [:]
    for sample in samples { answers[Key(task: sample.task, id: sample.id), default: [:]][sample.model] = sample.answer }
    return items.compactMap { item in
      let given = answers[Key(task: item.prompt.task, id: item.prompt.id)] ?? [:]
      let texts = given.values.compactMap { text(of: $0, to: item) }
      guard given.count >= fewestModels, texts.count == given.count, let first = texts.first else { return nil }
      let words = NormalizedWords(first)
      guard words.count > 0, words != NormalizedWords(item.answer),
        texts.allSatisfy({ NormalizedWords($0) == words })
      else { return nil }
      return .init(place: item.place, label: item.answer, answer: first, models: given.count)
    }
  }

  /// What a model holds for right: the most likely choice, or what it wrote up to the end of the line.
  private static func text(of answer: Answer, to item: HygieneItem) -> String? {
    switch answer.content {
    case .choices(let values):
      guard let best = values.max(), let place = values.firstIndex(of: best), item.choices.indices.contains(place)
      else { return nil }
      return item.choices[place]
    case .generation(let text): return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    default: return nil
    }
  }

  private struct Key: Hashable {
    var task: String
    var id: String
  }
}
