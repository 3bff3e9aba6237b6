internal import Kernels

/// What chance leaves of one model's differences.
enum RandomMask: Sendable {
  /// Every element has the same chance.
  case even(RandomDraw)
  /// The chance depends on the rank of the magnitude in its row.
  case byRank(key: UInt64, levels: RowLevelsSurvey, place: Int, threshold: UInt64, step: UInt64)

  /// The draw for the elements of a row; rows matter to ranks alone.
  func draw(inRow row: Int) -> RandomDraw {
    switch self {
    case .even(let draw): draw
    case .byRank(let key, let levels, let place, let threshold, let step):
      RandomDraw(key: key, levels: levels.levels(ofRow: row, place: place), threshold: threshold, step: step)
    }
  }

  /// The length of the rows in which ranks are counted, if they matter.
  var rowLength: Int? {
    if case .byRank(_, let levels, _, _, _) = self { levels.rowLength } else { nil }
  }
}
