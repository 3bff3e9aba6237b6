/// A tensor seen as one matrix, or as many of one size, and cut into tiles.
struct MatrixTiles: Sendable {
  /// Rows of one matrix.
  let rows: Int
  /// Elements of a row.
  let columns: Int

  /// Columns of a tile: with them a panel of some hundred ranks fits into a core's cache.
  private static let tileColumns = 2048
  private static let tileElements = 1 << 17
  private static let maximumTileRows = 1024

  /// The most elements that a tile has.
  static let maximumElements = tileElements

  /// A part of one of the matrices.
  struct Tile {
    /// Which matrix it belongs to.
    var matrix: Int
    /// Its rows, counted in the matrix.
    var rows: Range<Int>
    var columns: Range<Int>
    /// How far behind the range's first element the tile's first one lies.
    var offset: Int
  }

  /// Calls `body` with tiles that cover a range of elements, each element once.
  func forEachTile(of elements: Range<Int>, _ body: (Tile) throws -> Void) throws {
    guard !elements.isEmpty, rows > 0, columns > 0 else { return }
    var next = elements.lowerBound
    while next < elements.upperBound {
      let (row, column) = (next / columns, next % columns)
      let matrixEnd = (row / rows + 1) * rows
      let end = elements.upperBound
      // Whole rows up to the end of the matrix, or a part of one row.
      let isPart = column > 0 || end - next < columns
      let stop = isPart ? min(end, (row + 1) * columns) : min(matrixEnd, end / columns) * columns
      let rectangle = isPart ? column..<column + (stop - next) : 0..<columns
      let lastRow = isPart ? row + 1 : stop / columns
      let width = min(rectangle.count, Self.tileColumns)
      let height = max(1, min(Self.tileElements / width, Self.maximumTileRows))
      for top in stride(from: row, to: lastRow, by: height) {
        let base = row / rows * rows
        let band = top - base..<min(top + height, lastRow) - base
        for start in stride(from: rectangle.lowerBound, to: rectangle.upperBound, by: width) {
          try body(
            Tile(
              matrix: row / rows, rows: band, columns: start..<min(start + width, rectangle.upperBound),
              offset: top * columns + start - elements.lowerBound))
        }
      }
      next = stop
    }
  }
}
