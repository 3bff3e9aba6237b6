/// Finds prompts that are the same, or nearly.
struct DuplicateSearch {
  /// The length of the runs of words by which prompts are compared.
  static let runLength = 3
  /// Runs that more prompts have than this say nothing about two of them.
  private static let mostCommon = 200
  /// Below so many runs, half a sentence in common is chance.
  private static let fewestRuns = 5

  /// - Parameter threshold: the share of runs in common from which prompts are near duplicates.
  static func duplicates(among items: [HygieneItem], threshold: Double) -> [HygieneReport.Duplicate] {
    var found: [HygieneReport.Duplicate] = []
    // The same text counts once, as the stronger likeness, with the first prompt that has it.
    var exact: [[UInt8]: Int] = [:]
    var normalized: [[UInt64]: Int] = [:]
    var originals: [Int] = []
    for (index, item) in items.enumerated() {
      let text = Array(([item.context] + item.choices).joined(separator: "\u{0}").utf8)
      if let first = exact[text] {
        found.append(pair(items, first, index, .exact, 1))
      } else if item.words.count > 0, let first = normalized[item.words.hashes] {
        found.append(pair(items, first, index, .normalized, 1))
        exact[text] = index
      } else {
        exact[text] = index
        normalized[item.words.hashes] = index
        originals.append(index)
      }
    }
    found += near(items, originals, threshold)
    return found
  }

  private static func near(
    _ items: [HygieneItem], _ originals: [Int], _ threshold: Double
  ) -> [HygieneReport.Duplicate] {
    let sets = originals.map { Set(items[$0].core.runs(of: runLength)) }
    var postings: [UInt64: [Int]] = [:]
    var found: [HygieneReport.Duplicate] = []
    for (number, set) in sets.enumerated() where set.count >= fewestRuns {
      var shared: [Int: Int] = [:]
      for run in set {
        guard let others = postings[run], others.count <= mostCommon else { continue }
        for other in others { shared[other, default: 0] += 1 }
      }
      for (other, count) in shared.sorted(by: { $0.key < $1.key }) {
        // Common runs were not counted, so this bound is loose; what passes is counted in full.
        guard 4 * count >= min(set.count, sets[other].count) else { continue }
        let common = set.intersection(sets[other]).count
        let similarity = Double(common) / Double(set.count + sets[other].count - common)
        if similarity >= threshold {
          found.append(pair(items, originals[other], originals[number], .near, similarity))
        }
      }
      for run in set { postings[run, default: []].append(number) }
    }
    return found
  }

  private static func pair(
    _ items: [HygieneItem], _ first: Int, _ second: Int, _ likeness: HygieneReport.Likeness, _ similarity: Double
  ) -> HygieneReport.Duplicate {
    let (a, b) = (items[first], items[second])
    // Nearly the same question may well have another answer.
    let contradicts = likeness != .near && NormalizedWords(a.answer) != NormalizedWords(b.answer)
    return .init(
      first: a.place, second: b.place, likeness: likeness, similarity: similarity, contradicts: contradicts)
  }
}
