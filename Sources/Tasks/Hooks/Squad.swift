internal import Documents
internal import Datasets

/// Answers in words, compared as SQuAD does: without case, punctuation and articles.
///
/// Source: Rajpurkar et al. 2016, the official evaluation script's definitions.
enum SquadAnswer {
  /// The answer's words that count.
  static func words(_ text: String) -> [String] {
    let kept = text.lowercased().unicodeScalars.filter { !MatchNormalization.punctuation.contains($0) }
    return PythonString.words(withoutArticles(String(kept)))
  }

  static func withoutArticles(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var word = String.UnicodeScalarView()
    func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
    }
    func close() {
      result.append(contentsOf: ["a", "an", "the"].contains(String(word)) ? " ".unicodeScalars : word)
      word = String.UnicodeScalarView()
    }
    for scalar in text.unicodeScalars {
      if isWordScalar(scalar) {
        word.append(scalar)
      } else {
        close()
        result.append(scalar)
      }
    }
    close()
    return String(result)
  }

  /// One if the words are the same, in the same order.
  static func exactMatch(_ gold: String, _ answer: String) -> Double { words(gold) == words(answer) ? 1 : 0 }

  /// The harmonic mean of precision and recall of the words.
  static func f1(_ gold: String, _ answer: String) -> Double {
    let (gold, answer) = (words(gold), words(answer))
    // Without words in one of them, only both without are the same.
    if gold.isEmpty || answer.isEmpty { return gold == answer ? 1 : 0 }
    var counts: [String: Int] = [:]
    for word in gold { counts[word, default: 0] += 1 }
    var common = 0
    for word in answer where counts[word, default: 0] > 0 {
      counts[word, default: 0] -= 1
      common += 1
    }
    guard common > 0 else { return 0 }
    let precision = Double(common) / Double(answer.count)
    let recall = Double(common) / Double(gold.count)
    return 2 * precision * recall / (precision + recall)
  }
}

extension Hook {
  /// Answers in words for a task of one's own: `em` and `f1` as SQuAD defines them, the best over all references in
  /// the document's column `answers` (a list, or SQuAD's record with a list `text`) or `answer`.
  static let squadF1 = Hook(
    name: "squad_f1", summary: "em and f1 of words as SQuAD defines them, the best over the document's answers",
    tasks: [], functions: [:],
    judge: { responses, document in
      guard let text = responses.first?.text else { return [:] }
      let answer = PythonString.strip(text)
      let lists = [document["answers"]?["text"]?.list, document["answers"]?.list, document["answer"].map { [$0] }]
      let golds = lists.compactMap { $0 }.first?.compactMap(\.text) ?? []
      let matches = golds.map { SquadAnswer.exactMatch($0, answer) }
      let overlaps = golds.map { SquadAnswer.f1($0, answer) }
      return ["em": matches.max() ?? 0, "exact_match": matches.max() ?? 0, "f1": overlaps.max() ?? 0]
    })

  /// CoQA: a conversation about a story; each answer of a human is compared with the others' answers as well.
  static let coqa = Hook(
    name: "coqa", summary: "CoQA's conversation as a prompt, with em and f1 over its answers", tasks: ["coqa"],
    functions: [
      "doc_to_text": ["doc_to_text"], "doc_to_target": ["doc_to_target"], "process_results": ["process_results"],
    ],
    values: [
      "doc_to_text": { .text(conversation($0)) },
      "doc_to_target": { .list(golds($0).map { .text($0) }) },
    ],
    judge: { responses, document in
      guard let text = responses.first?.text else { return [:] }
      let answer = PythonString.split(PythonString.strip(text), by: "\n")[0]
      let golds = golds(document)
      func score(_ measure: (String, String) -> Double) -> Double {
        guard golds.count > 1 else { return golds.map { measure($0, answer) }.max() ?? 0 }
        let sum = golds.indices.reduce(0.0) { sum, left in
          sum + (golds.indices.filter { $0 != left }.map { measure(golds[$0], answer) }.max() ?? 0)
        }
        return sum / Double(golds.count)
      }
      return ["em": score(SquadAnswer.exactMatch), "f1": score(SquadAnswer.f1)]
    })

  private static func conversation(_ document: DataValue) -> String {
    let questions = document["questions"]?.texts(of: "input_text") ?? []
    let answers = document["answers"]?.texts(of: "input_text").dropLast() ?? []
    var text = document.text(of: "story") + "\n\n"
    for (index, question) in questions.enumerated() {
      text += "Q: \(question)\n\n" + (index < answers.count ? "A: \(answers[index])\n\n" : "A:")
    }
    return text
  }

  private static func golds(_ document: DataValue) -> [String] {
    let turn = (document["questions"]?.texts(of: "input_text").count ?? 0) - 1
    func answer(_ value: DataValue?) -> String? {
      let texts = value?.texts(of: "input_text") ?? []
      return texts.indices.contains(turn) ? texts[turn] : nil
    }
    var golds = answer(document["answers"]).map { [$0] } ?? []
    for other in document["additional_answers"]?.fields ?? [] {
      if let text = answer(other.value), !golds.contains(where: { $0.lowercased() == text.lowercased() }) {
        golds.append(text)
      }
    }
    return golds
  }
}
