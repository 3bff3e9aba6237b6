internal import Documents
internal import Tensors

/// One of the two matrices of a low-rank update, read in panels and as float32.
///
/// A parameter of many experts has one matrix for all of them: the ranks of the experts follow each other in the one
/// with ranks along its rows, and take turns in the one with ranks along its columns.
struct LowRankFactor: Sendable {
  /// The stored matrix.
  let tensor: StoredNumbers
  /// Elements of a stored row.
  let storedColumns: Int
  /// Whether a stored row belongs to a rank, and not a stored column.
  let ranksAreRows: Bool
  let rank: Int
  let experts: Int

  /// Which of the two indices of a panel comes first.
  enum Order { case ranksFirst, ranksLast }

  /// Reads the part of an expert's matrix that some ranks and some of the other extent's places make.
  ///
  /// - Parameter target: room for all of them; which index comes first is `order`'s affair, whatever the file has.
  func read(
    ranks: Range<Int>, others: Range<Int>, expert: Int, _ order: Order, from source: any TensorSource,
    into target: UnsafeMutablePointer<Float>
  ) throws {
    let count = ranks.count * others.count
    if ranksAreRows {
      let first = expert * rank + ranks.lowerBound
      if order == .ranksFirst {
        try readRows(first..<first + ranks.count, columns: others, from: source, into: target)
      } else {
        try withScratch(count) { rows in
          try readRows(first..<first + ranks.count, columns: others, from: source, into: rows)
          Self.transpose(rows, rows: ranks.count, columns: others.count, into: target)
        }
      }
    } else {
      // Ranks of one expert are `experts` apart; what lies between is read and left behind.
      let first = ranks.lowerBound * experts + expert
      let span = first..<first + (ranks.count - 1) * experts + 1
      if experts == 1, order == .ranksLast {
        try readRows(others, columns: span, from: source, into: target)
      } else {
        try withScratch(others.count * span.count) { rows in
          try readRows(others, columns: span, from: source, into: rows)
          for place in 0..<others.count {
            for k in 0..<ranks.count {
              let index = order == .ranksFirst ? k * others.count + place : place * ranks.count + k
              target[index] = rows[place * span.count + k * experts]
            }
          }
        }
      }
    }
    try check(target, count, in: source)
  }

  private func readRows(
    _ rows: Range<Int>, columns: Range<Int>, from source: any TensorSource, into target: UnsafeMutablePointer<Float>
  ) throws {
    if columns.count == storedColumns {
      return try tensor.read(
        rows.lowerBound * storedColumns..<rows.upperBound * storedColumns, from: source, into: target)
    }
    for (number, row) in rows.enumerated() {
      let start = row * storedColumns + columns.lowerBound
      try tensor.read(start..<start + columns.count, from: source, into: target + number * columns.count)
    }
  }

  private func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Void) throws {
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count))
    defer { memory.deallocate() }
    try body(memory)
  }

  private static func transpose(
    _ matrix: UnsafeMutablePointer<Float>, rows: Int, columns: Int, into target: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      for column in 0..<columns { target[column * rows + row] = matrix[row * columns + column] }
    }
  }

  /// One number that is none would spoil a whole row or column of the model.
  private func check(_ panel: UnsafeMutablePointer<Float>, _ count: Int, in source: any TensorSource) throws {
    // Zero times anything finite is zero; sums of others may overflow without harm.
    var zero: Float = 0
    for i in 0..<count { zero += panel[i] * 0 }
    guard zero != 0 else { return }
    throw PackedParts.fault(
      in: source, tensor.name, found: "an element that is not a finite number", expected: "finite numbers")
  }
}
