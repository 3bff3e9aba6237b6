internal import Documents

/// The F-scores of the package rouge_score, with its plain tokenizer and without stemming.
///
/// Source: Lin 2004; the documentation and recorded outputs of rouge_score.
package enum Rouge {
  /// The F-score of runs of so many words: ROUGE-1, ROUGE-2.
  package static func overlap(_ text: String, reference: String, length: Int) -> Double {
    let own = NGrams.counts(words(text), length)
    let other = NGrams.counts(words(reference), length)
    let common = own.reduce(0) { $0 + min($1.value, other[$1.key] ?? 0) }
    return score(common, own.values.reduce(0, +), other.values.reduce(0, +))
  }

  /// The F-score of the longest common subsequence of all words: ROUGE-L.
  package static func sequence(_ text: String, reference: String) -> Double {
    let (own, other) = (words(text), words(reference))
    return score(places(in: other, of: own).count, own.count, other.count)
  }

  /// The F-score of longest common subsequences, sentence by sentence, a line being a sentence: ROUGE-Lsum.
  ///
  /// Of each sentence of the reference those words count that are in its common subsequence with any sentence of the
  /// text, and no word more often than both sides have it.
  package static func summary(_ text: String, reference: String) -> Double {
    let (own, other) = (sentences(text), sentences(reference))
    var ownLeft = NGrams.counts(own.flatMap { $0 }, 1)
    var otherLeft = NGrams.counts(other.flatMap { $0 }, 1)
    let (ownCount, otherCount) = (own.reduce(0) { $0 + $1.count }, other.reduce(0) { $0 + $1.count })
    var hits = 0
    for sentence in other {
      var union: Set<Int> = []
      for candidate in own { union.formUnion(places(in: sentence, of: candidate)) }
      for place in union.sorted() {
        let word = [sentence[place]]
        guard let mine = ownLeft[word], let theirs = otherLeft[word], mine > 0, theirs > 0 else { continue }
        (ownLeft[word], otherLeft[word]) = (mine - 1, theirs - 1)
        hits += 1
      }
    }
    return score(hits, ownCount, otherCount)
  }

  private static func score(_ common: Int, _ own: Int, _ other: Int) -> Double {
    let precision = Double(common) / Double(max(own, 1))
    let recall = Double(common) / Double(max(other, 1))
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
  }

  /// Small Latin letters and digits; everything else stands between words.
  private static func words(_ text: String) -> [String] {
    PythonString.lower(text).utf8.split { !(97...122).contains($0) && !(48...57).contains($0) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static func sentences(_ text: String) -> [[String]] {
    text.utf8.split(separator: UInt8(ascii: "\n")).map { words(String(decoding: $0, as: UTF8.self)) }
  }

  /// The places in a sentence that are in its longest common subsequence with another one. Of several longest ones it
  /// is the one whose last words stand furthest to the front of the other sentence's end, as rouge_score finds it.
  private static func places(in sentence: [String], of other: [String]) -> [Int] {
    let width = other.count + 1
    var lengths = [Int32](repeating: 0, count: (sentence.count + 1) * width)
    for row in sentence.indices {
      for column in other.indices {
        lengths[(row + 1) * width + column + 1] =
          sentence[row] == other[column]
          ? lengths[row * width + column] + 1
          : max(lengths[row * width + column + 1], lengths[(row + 1) * width + column])
      }
    }
    var found: [Int] = []
    var (row, column) = (sentence.count, other.count)
    while row > 0, column > 0 {
      if sentence[row - 1] == other[column - 1] {
        found.append(row - 1)
        (row, column) = (row - 1, column - 1)
      } else if lengths[row * width + column - 1] > lengths[(row - 1) * width + column] {
        column -= 1
      } else {
        row -= 1
      }
    }
    return found.reversed()
  }
}
