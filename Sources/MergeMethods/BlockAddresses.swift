extension InputBlock {
  /// Whether the elements are bfloat16 as stored; else they are float32.
  var isBFloat16: Bool { bfloat16 != nil }

  /// How many inputs the block has.
  var inputCount: Int { bfloat16?.count ?? inputs.count }

  /// Where an input's elements lie, from the one at `offset` on.
  func address(_ input: Int, at offset: Int = 0) -> UnsafeRawPointer {
    if let bfloat16 { return UnsafeRawPointer(bfloat16[input] + offset) }
    return UnsafeRawPointer(inputs[input] + offset)
  }

  /// Where the elements of some of the inputs lie, in the order asked for; of all inputs if none are named.
  func withAddresses<Result>(
    _ wanted: [Int]? = nil, at offset: Int = 0, _ body: (UnsafeBufferPointer<UnsafeRawPointer>) -> Result
  ) -> Result {
    let count = wanted?.count ?? inputCount
    return withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: max(1, count)) { pointers in
      for place in 0..<count { pointers.initializeElement(at: place, to: address(wanted?[place] ?? place, at: offset)) }
      return body(UnsafeBufferPointer(rebasing: pointers[0..<count]))
    }
  }

  /// The pieces of rows that make up the block: row number, offset in the block, length.
  func forEachRowPiece(rowLength: Int, _ body: (_ row: Int, _ offset: Int, _ count: Int) -> Void) {
    var offset = 0
    while offset < count {
      let row = (start + offset) / rowLength
      let end = min(count, (row + 1) * rowLength - start)
      body(row, offset, end - offset)
      offset = end
    }
  }
}

extension UnsafeMutableBufferPointer {
  /// The elements of a piece of a block.
  func piece(at offset: Int, count: Int) -> UnsafeMutableBufferPointer {
    UnsafeMutableBufferPointer(rebasing: self[offset..<offset + count])
  }
}
