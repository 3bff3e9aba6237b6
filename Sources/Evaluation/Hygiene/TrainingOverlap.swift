/// Finds how much of the prompts a training text has.
///
/// A prompt is dirty if the training text has a run of 13 of its words (GPT-3, arXiv 2005.14165, appendix C), and mostly
/// seen if it has seven tenths of its runs of 8 words (PaLM, arXiv 2204.02311, section 8). Prompts with fewer words are
/// looked for as a whole, unless they are so short that they stand in many texts.
public struct TrainingOverlap: Sendable {
  /// The run of words that makes a prompt dirty.
  static let longRun = 13
  /// The run of words by which its share is measured.
  static let shortRun = 8
  /// The share from which a prompt counts as mostly seen.
  static let mostlySeen = 0.7
  /// Shorter prompts are never dirty.
  static let fewestWords = 5

  private struct Place {
    var item: Int
    var start: Int
  }

  private let items: [HygieneItem]
  /// For each length of runs, where in the prompts a run stands.
  private var index: [Int: [UInt64: [Place]]] = [:]
  private var hasLongRun: [Bool]
  private var seen: [[Bool]]
  private var carried: [UInt64] = []

  init(_ items: [HygieneItem]) {
    self.items = items
    hasLongRun = items.map { _ in false }
    seen = items.map { Array(repeating: false, count: max(0, $0.core.count - Self.shortRun + 1)) }
    for (number, item) in items.enumerated() where item.core.count >= Self.fewestWords {
      for length in Set([min(Self.longRun, item.core.count), min(Self.shortRun, item.core.count)]) {
        for (start, run) in item.core.runs(of: length).enumerated() {
          index[length, default: [:]][run, default: []].append(Place(item: number, start: start))
        }
      }
    }
  }

  /// Looks through a piece of training text.
  ///
  /// - Parameter continuing: whether the piece follows the one before, so that runs may reach across the border.
  mutating func scan(_ text: String, continuing: Bool) {
    let own = NormalizedWords(text).hashes
    let words = NormalizedWords(hashes: (continuing ? carried : []) + own)
    for (length, places) in index {
      for run in words.runs(of: length) {
        for place in places[run] ?? [] {
          let count = items[place.item].core.count
          if length == min(Self.longRun, count) { hasLongRun[place.item] = true }
          if length == Self.shortRun, seen[place.item].indices.contains(place.start) {
            seen[place.item][place.start] = true
          }
        }
      }
    }
    carried = Array(words.hashes.suffix(Self.longRun - 1))
  }

  /// What was found of each prompt, in their order.
  var overlaps: [HygieneReport.Overlap] {
    items.indices.map { number in
      let flags = seen[number]
      let hits = flags.count { $0 }
      var longest = 0
      var run = 0
      for flag in flags {
        run = flag ? run + 1 : 0
        longest = max(longest, run)
      }
      let isShort = flags.isEmpty
      return .init(
        place: items[number].place, hasLongRun: hasLongRun[number],
        share: isShort ? (hasLongRun[number] ? 1 : 0) : Double(hits) / Double(flags.count),
        longestRun: longest > 0
          ? longest + Self.shortRun - 1 : isShort && hasLongRun[number] ? items[number].core.count : 0)
    }
  }
}
