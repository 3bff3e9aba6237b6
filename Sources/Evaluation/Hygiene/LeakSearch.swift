/// Finds questions that another prompt shows among its examples.
struct LeakSearch {
  /// Shorter questions stand in other texts by chance.
  static let fewestWords = 6

  static func leaks(among items: [HygieneItem]) -> [HygieneReport.Leak] {
    let questions = items.map(\.lastQuestion)
    // Where a question could begin: its first words.
    var beginnings: [UInt64: [Int]] = [:]
    for (index, question) in questions.enumerated() {
      if let first = NormalizedWords(hashes: Array(question.hashes.prefix(fewestWords))).runs(of: fewestWords).first {
        beginnings[first, default: []].append(index)
      }
    }
    var found: [HygieneReport.Leak] = []
    for (index, item) in items.enumerated() {
      let context = NormalizedWords(item.context)
      var seen: Set<Int> = []
      for (place, run) in context.runs(of: fewestWords).enumerated() {
        for other in beginnings[run] ?? [] where other != index && questions[other] != questions[index] {
          let question = questions[other].hashes
          guard !seen.contains(other), context.hashes[place...].starts(with: question),
            // A question that is only part of this one is a near duplicate, not an example.
            place + question.count <= context.count - questions[index].count
          else { continue }
          seen.insert(other)
          let behind = context.hashes[(place + question.count)...]
          let answer = NormalizedWords(items[other].answer).hashes
          let window = behind.prefix(answer.count + 3)
          let showsAnswer =
            !answer.isEmpty && window.count >= answer.count
            && (window.startIndex...(window.endIndex - answer.count)).contains {
              window[$0..<$0 + answer.count].elementsEqual(answer)
            }
          found.append(.init(question: items[other].place, shownBy: item.place, showsAnswer: showsAnswer))
        }
      }
    }
    return found
  }
}
