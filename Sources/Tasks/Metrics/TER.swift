internal import Documents

/// The translation edit rate of sacrebleu with its defaults: words at blanks, in small letters.
///
/// Edits are insertions, deletions and replacements of words, and shifts of up to ten words that the reference has
/// elsewhere. Shifts are made one by one, always the one that saves most edits, while one saves any. Source: Snover et
/// al. 2006; the limits are those of Tercom, as sacrebleu documents them.
package enum TER {
  private static let longestShift = 10
  private static let farthestShift = 50
  private static let beamWidth = 25
  /// How many shifts are tried for a text.
  private static let maximumTrials = 1000

  /// The edits to the nearest reference, and the references' mean length.
  package static func terms(_ text: String, references: [String]) -> [Double] {
    let own = words(text)
    let options = references.map(words)
    let nearest = options.map { edits(from: own, to: $0) }.min() ?? 0
    let length = Double(options.reduce(0) { $0 + $1.count }) / Double(max(1, options.count))
    return [Double(nearest), length]
  }

  /// The score in percent for sums of terms.
  package static func score(_ sums: [Double]) -> Double {
    sums[1] > 0 ? 100 * (sums[0] / sums[1]) : sums[0] > 0 ? 100 : 0
  }

  private static func words(_ text: String) -> [String] { PythonString.words(PythonString.lower(text)) }

  // MARK: Edits

  private enum Edit {
    case none, match, replacement, insertion, removal

    var isPaired: Bool { self == .match || self == .replacement }
  }

  private static func edits(from own: [String], to reference: [String]) -> Int {
    guard !reference.isEmpty else { return own.count }
    var words = own
    var (shifts, trials) = (0, 0)
    while let (gain, shifted) = bestShift(of: words, to: reference, trials: &trials), trials < maximumTrials, gain > 0 {
      shifts += 1
      words = shifted
    }
    return shifts + path(from: words, to: reference).distance
  }

  /// The edit distance within a beam around the diagonal, and the edits from front to back.
  private static func path(from own: [String], to reference: [String]) -> (distance: Int, edits: [Edit]) {
    let width = reference.count + 1
    let unreached = Int.max / 2
    var costs = [Int](repeating: unreached, count: (own.count + 1) * width)
    var steps = [Edit](repeating: .none, count: costs.count)
    for column in 0..<width { (costs[column], steps[column]) = (column, .insertion) }
    let ratio = own.isEmpty ? 1 : Double(reference.count) / Double(own.count)
    // Where lengths differ a lot, rows must still overlap.
    let beam = Double(beamWidth) < ratio / 2 ? Int((ratio / 2 + Double(beamWidth)).rounded(.up)) : beamWidth
    for row in own.indices.map({ $0 + 1 }) {
      let diagonal = Int((Double(row) * ratio).rounded(.down))
      let end = row == own.count ? width : min(width, diagonal + beam)
      for column in max(0, diagonal - beam)..<max(end, max(0, diagonal - beam)) {
        let place = row * width + column
        guard column > 0 else {
          (costs[place], steps[place]) = (costs[place - width] + 1, .removal)
          continue
        }
        let isSame = own[row - 1] == reference[column - 1]
        // The first of equal ways counts.
        for (cost, step) in [
          (costs[place - width - 1] + (isSame ? 0 : 1), isSame ? Edit.match : .replacement),
          (costs[place - width] + 1, .removal), (costs[place - 1] + 1, .insertion),
        ] where cost < costs[place] {
          (costs[place], steps[place]) = (cost, step)
        }
      }
    }
    var edits: [Edit] = []
    var (row, column) = (own.count, reference.count)
    while row > 0 || column > 0 {
      let step = steps[row * width + column]
      guard step != .none else { break }
      edits.append(step)
      if step != .insertion { row -= 1 }
      if step != .removal { column -= 1 }
    }
    return (costs[costs.count - 1], edits.reversed())
  }

  // MARK: Shifts

  /// What the edits say about each word.
  private struct Alignment {
    /// For each word of the reference the last word of the text that stands at or before it, -1 for none.
    var places: [Int] = []
    var isWrong: [Bool] = []
    var isWrongInReference: [Bool] = []

    init(_ edits: [Edit]) {
      for edit in edits {
        if edit != .insertion { isWrong.append(edit != .match) }
        if edit != .removal {
          isWrongInReference.append(edit != .match)
          places.append(isWrong.count - 1)
        }
      }
    }
  }

  /// The shift that saves most edits, of equal ones the longest, then the one of the earliest words, then the one to
  /// the earliest place.
  private static func bestShift(
    of words: [String], to reference: [String], trials: inout Int
  ) -> (gain: Int, words: [String])? {
    let (distance, edits) = path(from: words, to: reference)
    let alignment = Alignment(edits)
    guard alignment.isWrong.count == words.count, alignment.places.count == reference.count else { return nil }
    var best: (rank: (Int, Int, Int, Int), words: [String])?
    for (start, other, length) in matches(words, reference) {
      let isMoved = (start..<start + length).contains(alignment.places[other])
      guard alignment.isWrong[start..<start + length].contains(true),
        alignment.isWrongInReference[other..<other + length].contains(true), !isMoved
      else { continue }
      var last = -1
      for offset in -1..<length {
        let place = other + offset
        guard place < alignment.places.count else { break }
        let target = place == -1 ? 0 : alignment.places[place] + 1
        if target == last { continue }
        last = target
        let moved = shifted(words, start, length, to: target)
        let rank = (distance - path(from: moved, to: reference).distance, length, -start, -target)
        trials += 1
        if best.map({ rank > $0.rank }) ?? true { best = (rank, moved) }
      }
      if trials >= maximumTrials { break }
    }
    return best.map { ($0.rank.0, $0.words) }
  }

  /// Runs of words that both texts have, not too far from each other.
  private static func matches(_ own: [String], _ reference: [String]) -> [(start: Int, other: Int, length: Int)] {
    var found: [(start: Int, other: Int, length: Int)] = []
    for start in own.indices {
      for other in reference.indices where abs(other - start) <= farthestShift {
        var length = 0
        while length < longestShift, start + length < own.count, other + length < reference.count,
          own[start + length] == reference[other + length]
        {
          length += 1
          found.append((start, other, length))
        }
      }
    }
    return found
  }

  /// The words with a run of them before another place.
  private static func shifted(_ words: [String], _ start: Int, _ length: Int, to target: Int) -> [String] {
    let end = start + length
    let run = words[start..<end]
    if target < start { return Array(words[..<target] + run + words[target..<start] + words[end...]) }
    // Within the run, the place counts from the run's end.
    let border = min(words.count, target > end ? target : target + length)
    return Array(words[..<start] + words[end..<border] + run + words[border...])
  }
}
