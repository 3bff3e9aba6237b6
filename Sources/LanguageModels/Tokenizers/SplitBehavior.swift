/// What becomes of the places where a pre-tokenizer's pattern matches.
enum SplitBehavior: String, CaseIterable, Sendable {
  /// The matches disappear.
  case removed = "Removed"
  /// Each match is a piece of its own.
  case isolated = "Isolated"
  /// Each match ends the piece before it.
  case mergedWithPrevious = "MergedWithPrevious"
  /// Each match begins the piece behind it.
  case mergedWithNext = "MergedWithNext"
  /// Neighbouring matches are one piece.
  case contiguous = "Contiguous"

  /// A part of a text, and whether the pattern matched it.
  typealias Span = (range: Range<Int>, matches: Bool)

  /// The pieces of a text of `count` bytes, given the matches in it; `inverted` takes what lies between as matches.
  func parts(_ matches: [Range<Int>], inverted: Bool, count: Int) -> [Range<Int>] {
    var spans: [Span] = []
    spans.reserveCapacity(matches.count * 2 + 1)
    var position = 0
    for match in matches {
      if position < match.lowerBound { spans.append((position..<match.lowerBound, inverted)) }
      spans.append((match, !inverted))
      position = match.upperBound
    }
    if position < count { spans.append((position..<count, inverted)) }
    return parts(spans)
  }

  /// The pieces that spans without gaps make.
  func parts(_ spans: [Span]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    result.reserveCapacity(spans.count)
    var previousMatched = false
    switch self {
    case .removed: result = spans.filter { !$0.matches }.map(\.range)
    case .isolated: result = spans.map(\.range)
    case .contiguous, .mergedWithPrevious:
      for span in spans {
        let joins = self == .contiguous ? span.matches == previousMatched : span.matches && !previousMatched
        if joins, let last = result.last {
          result[result.count - 1] = last.lowerBound..<span.range.upperBound
        } else {
          result.append(span.range)
        }
        previousMatched = span.matches
      }
    case .mergedWithNext:
      for span in spans.reversed() {
        if span.matches, !previousMatched, let last = result.last {
          result[result.count - 1] = span.range.lowerBound..<last.upperBound
        } else {
          result.append(span.range)
        }
        previousMatched = span.matches
      }
      result.reverse()
    }
    return result
  }
}
