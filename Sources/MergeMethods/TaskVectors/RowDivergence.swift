internal import Kernels
internal import Tensors

/// Computes the divergence of each row that can be looked at whole from its base's: sums and divergence while a cache
/// holds the row.
///
/// A sixteenth of each of these rows is looked at once more, to guess where the ranks of all importances lie.
final class WholeRowSurvey: Survey, @unchecked Sendable {
  // `sample` is written by `merge` alone, whose calls never overlap.
  private let layout: RowLayout
  private let base: Int
  private let other: Int
  private let divergences: RowValues
  private let sampled: RowSample

  /// How many of the sampled importances have which upper bits.
  private(set) var sample: [Int] = []

  init(layout: RowLayout, base: Int, other: Int, divergences: RowValues) {
    self.layout = layout
    self.base = base
    self.other = other
    self.divergences = divergences
    sampled = RowSample(layout)
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local(layout, sampled: sampled.width) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    block.forEachRowPiece(rowLength: layout.rowLength) { row, offset, count in
      guard layout.isWhole(row) else { return }
      var piece = RowPiece(
        base: block.address(base, at: offset), other: block.address(other, at: offset),
        isBFloat16: block.isBFloat16, count: count)
      let position = block.start + offset - row * layout.rowLength
      if count < layout.rowLength { piece = local.keep(piece, at: position) }
      local.pieces.append(piece)
      if position + count == layout.rowLength { finish(row, local) }
    }
  }

  func merge(_ local: AnyObject) { (local as? Local)?.histogram.add(to: &sample) }

  /// All pieces of a row are there.
  private func finish(_ row: Int, _ local: Local) {
    var sums = RowSums()
    var place = 0
    for piece in local.pieces {
      sums.add(RowSums(of: piece, leaving: local.left, at: place))
      place += RowExponentials.rounded(piece.count)
    }
    let softmax = sums.softmax
    var divergence = 0.0
    place = 0
    for piece in local.pieces {
      divergence += VectorKernels.best.divergence(
        piece.other, from: piece.base, bfloat16: piece.isBFloat16, softmax, count: piece.count, using: local.left,
        at: place)
      place += RowExponentials.rounded(piece.count)
    }
    divergences[row] = Float(max(0, divergence))
    if let (piece, offset, count) = sampled.part(of: local.pieces, row: row), let room = local.distances.baseAddress {
      let size = piece.isBFloat16 ? 2 : 4
      VectorKernels.best.scaledDistance(
        piece.other + offset * size, from: piece.base + offset * size, bfloat16: piece.isBFloat16,
        by: divergences[row], count: count, into: room)
      local.histogram.count(room, base: nil, count: count, with: .best)
    }
    local.pieces.removeAll(keepingCapacity: true)
  }

  /// What a worker needs for the row at hand.
  private final class Local {
    let histogram = MagnitudeHistogram(level: .upper)
    let left: RowExponentials
    let distances: UnsafeMutableBufferPointer<Float>
    var pieces: [RowPiece] = []
    private let kept: UnsafeMutableRawBufferPointer
    private let rowLength: Int

    init(_ layout: RowLayout, sampled: Int) {
      rowLength = layout.rowLength
      let most = rowLength / Streaming.blockElements + 2
      left = RowExponentials(capacity: rowLength + 16 * most)
      distances = .allocate(capacity: sampled)
      let isCutByBlocks = Streaming.blockElements % rowLength != 0
      kept = .allocate(byteCount: isCutByBlocks ? 2 * 4 * rowLength : 0, alignment: 64)
    }

    deinit {
      distances.deallocate()
      kept.deallocate()
    }

    /// Copies a piece, because the next block will take its place.
    func keep(_ piece: RowPiece, at position: Int) -> RowPiece {
      let size = piece.isBFloat16 ? 2 : 4
      guard let first = kept.baseAddress else { return piece }
      let places = (first + position * size, first + (rowLength + position) * size)
      places.0.copyMemory(from: piece.base, byteCount: piece.count * size)
      places.1.copyMemory(from: piece.other, byteCount: piece.count * size)
      return RowPiece(
        base: UnsafeRawPointer(places.0), other: UnsafeRawPointer(places.1), isBFloat16: piece.isBFloat16,
        count: piece.count)
    }
  }
}

/// Which elements of a row belong to a sample: a sixteenth, at another place from row to row, so that it is one of the
/// columns as well.
private struct RowSample {
  let width: Int
  private let rowStride: Int

  init(_ layout: RowLayout) {
    width = min(layout.rowLength, max(16, layout.rowLength / 16))
    rowStride = max(1, 16 * width / layout.rowLength)
  }

  /// The part of a row that belongs to the sample, cut where its piece ends; nil if nothing does.
  func part(of pieces: [RowPiece], row: Int) -> (piece: RowPiece, offset: Int, count: Int)? {
    if row % rowStride != 0 { return nil }
    var offset = row / rowStride &* 7 % 16 * width
    for piece in pieces {
      if offset < piece.count { return (piece, offset, min(width, piece.count - offset)) }
      offset -= piece.count
    }
    return pieces.first.map { ($0, 0, min(width, $0.count)) }
  }
}

/// Adds up e^x over the pieces of each row that can only be looked at in pieces.
final class CutRowSumSurvey: Survey, @unchecked Sendable {
  private let layout: RowLayout
  private let base: Int
  private let other: Int
  private let sums: CutRowPieces<RowSums>

  init(layout: RowLayout, base: Int, other: Int) {
    self.layout = layout
    self.base = base
    self.other = other
    sums = CutRowPieces(layout, repeating: RowSums())
  }

  var takesBFloat16: Bool { true }

  func wants(block: Int) -> Bool { layout.hasCutRow(inBlock: block) }

  func makeLocal() -> AnyObject { RowExponentials(capacity: Streaming.blockElements) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let left = local as? RowExponentials else { return }
    block.forEachCutPiece(of: layout, base: base, other: other) { row, piece in
      sums.set(RowSums(of: piece, leaving: left, at: 0), row: row, block: block.start / Streaming.blockElements)
    }
  }

  func merge(_ local: AnyObject) {}

  /// What turns a row and its base's into distributions.
  func softmax(ofRow row: Int) -> SoftmaxPair {
    var sum = RowSums()
    for piece in sums.values(ofRow: row) { sum.add(piece) }
    return sum.softmax
  }
}

/// Adds up the divergence of each row that can only be looked at in pieces.
final class CutRowDivergenceSurvey: Survey, @unchecked Sendable {
  private let layout: RowLayout
  private let base: Int
  private let other: Int
  private let softmax: [SoftmaxPair?]
  private let parts: CutRowPieces<Double>

  init(layout: RowLayout, base: Int, other: Int, sums: CutRowSumSurvey) {
    self.layout = layout
    self.base = base
    self.other = other
    var softmax = [SoftmaxPair?](repeating: nil, count: layout.cutPlaces)
    for row in layout.cutRows { softmax[layout.cutPlace(of: row)] = sums.softmax(ofRow: row) }
    self.softmax = softmax
    parts = CutRowPieces(layout, repeating: 0)
  }

  var takesBFloat16: Bool { true }

  func wants(block: Int) -> Bool { layout.hasCutRow(inBlock: block) }

  func makeLocal() -> AnyObject { RowExponentials(capacity: Streaming.blockElements) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let left = local as? RowExponentials else { return }
    block.forEachCutPiece(of: layout, base: base, other: other) { row, piece in
      guard let softmax = softmax[layout.cutPlace(of: row)] else { return }
      _ = RowSums(of: piece, leaving: left, at: 0)
      let part = VectorKernels.best.divergence(
        piece.other, from: piece.base, bfloat16: piece.isBFloat16, softmax, count: piece.count, using: left)
      parts.set(part, row: row, block: block.start / Streaming.blockElements)
    }
  }

  func merge(_ local: AnyObject) {}

  /// Notes the divergences of the rows; never below zero.
  func settle(_ divergences: RowValues) {
    for row in layout.cutRows { divergences[row] = Float(max(0, parts.values(ofRow: row).reduce(0, +))) }
  }
}

extension InputBlock {
  /// The pieces of rows that can only be looked at in pieces.
  fileprivate func forEachCutPiece(
    of layout: RowLayout, base: Int, other: Int, _ body: (_ row: Int, _ piece: RowPiece) -> Void
  ) {
    forEachRowPiece(rowLength: layout.rowLength) { row, offset, count in
      guard !layout.isWhole(row) else { return }
      body(
        row,
        RowPiece(
          base: address(base, at: offset), other: address(other, at: offset), isBFloat16: isBFloat16, count: count))
    }
  }
}
