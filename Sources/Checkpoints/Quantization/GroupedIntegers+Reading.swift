internal import Tensors

extension GroupedIntegers {
  func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard var place = destination.baseAddress, !elements.isEmpty else { return }
    let words = StoredWords(name: codes, region: try checkpoint.region(of: codes), source: checkpoint)
    // The rest of a row, whole rows, the beginning of one.
    var start = elements.lowerBound
    while start < elements.upperBound {
      let column = start % inputs
      let rows = start / inputs
      let whole = column == 0 ? (elements.upperBound - start) / inputs : 0
      let rectangle =
        whole > 0
        ? (rows: rows..<rows + whole, columns: 0..<inputs)
        : (rows: rows..<rows + 1, columns: column..<min(inputs, column + elements.upperBound - start))
      try fill(rectangle.rows, rectangle.columns, words, from: checkpoint, into: place)
      let count = rectangle.rows.count * rectangle.columns.count
      place += count * 4
      start += count
    }
    if destination.count >= Self.smallestRelease { words.release() }
  }

  /// Below this many bytes the touched parts of the codes stay resident; releasing costs more than it gives back.
  private static let smallestRelease = 1 << 20

  /// Delivers a rectangle of the weight, a few outputs at a time: their scales and zero points fit a small table.
  private func fill(
    _ rows: Range<Int>, _ columns: Range<Int>, _ words: StoredWords, from checkpoint: any TensorSource,
    into place: UnsafeMutableRawPointer
  ) throws {
    let needed =
      groupIndex == nil ? columns.lowerBound / groupSize..<(columns.upperBound - 1) / groupSize + 1 : 0..<groups
    let step = max(1, min(Self.tileOutputs, Self.tableLength / needed.count))
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      let block = first..<min(first + step, rows.upperBound)
      let table = try GroupTable(of: self, groups: needed, outputs: block, from: checkpoint)
      var tile = [Float](repeating: 0, count: block.count * Self.tileInputs)
      for start in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.tileInputs) {
        let part = start..<min(start + Self.tileInputs, columns.upperBound)
        try unpack(part, block, table, words, from: checkpoint, into: &tile)
        tile.withUnsafeBytes { tile in
          guard let tile = tile.baseAddress else { return }
          for row in 0..<block.count {
            let target = (first - rows.lowerBound + row) * columns.count + start - columns.lowerBound
            (place + target * 4).copyMemory(from: tile + row * Self.tileInputs * 4, byteCount: part.count * 4)
          }
        }
      }
    }
  }

  /// Computes the weights of a few inputs and outputs.
  private func unpack(
    _ part: Range<Int>, _ block: Range<Int>, _ table: GroupTable, _ words: StoredWords,
    from checkpoint: any TensorSource, into tile: inout [Float]
  ) throws {
    let owners = try groupsOf(part, from: checkpoint)
    var stored = [UInt32](repeating: 0, count: block.count + 1)
    var loaded: Int?
    for (number, input) in part.enumerated() {
      let group = owners.isEmpty ? input / groupSize : owners[number]
      let scales = (group - table.first) * block.count
      switch packing {
      case .alongInputs(let bits):
        let perWord = 32 / bits
        if loaded != input / perWord {
          loaded = input / perWord
          try words.load(input / perWord * outputs + block.lowerBound, count: block.count, into: &stored)
        }
        let shift = UInt32(input % perWord * bits)
        let mask = UInt32(1) << UInt32(bits) - 1
        for i in 0..<block.count {
          let code = Float(stored[i] >> shift & mask)
          tile[i * Self.tileInputs + number] = table.scales[scales + i] * (code - table.zeros[scales + i])
        }
      case .alongOutputs:
        let start = block.lowerBound / 8
        try words.load(
          input * (outputs / 8) + start, count: (block.upperBound - 1) / 8 - start + 1, into: &stored)
        for i in 0..<block.count {
          let output = block.lowerBound + i
          let code = Float(stored[output / 8 - start] >> IntegerPacking.interleavedShifts[output % 8] & 15)
          tile[i * Self.tileInputs + number] = table.scales[scales + i] * (code - table.zeros[scales + i])
        }
      }
    }
  }

  /// The groups of a few inputs, if the file lists them.
  private func groupsOf(_ part: Range<Int>, from checkpoint: any TensorSource) throws -> [Int] {
    guard let groupIndex else { return [] }
    var listed = [Int32](repeating: 0, count: part.count)
    try listed.withUnsafeMutableBytes { try checkpoint.read(groupIndex, elements: part, into: $0) }
    return try listed.enumerated().map { number, group in
      guard group >= 0, Int(group) < groups else {
        throw PackedParts.fault(
          in: checkpoint, groupIndex, found: "group \(group) of input \(part.lowerBound + number)",
          expected: "a group from 0 to \(groups - 1)")
      }
      return Int(group)
    }
  }
}

/// The scales and zero points of a few outputs, for a run of groups.
struct GroupTable {
  /// The first group.
  let first: Int
  private(set) var scales: [Float]
  private(set) var zeros: [Float]

  init(
    of weight: GroupedIntegers, groups: Range<Int>, outputs: Range<Int>, from checkpoint: any TensorSource
  ) throws {
    first = groups.lowerBound
    scales = [Float](repeating: 0, count: groups.count * outputs.count)
    zeros = scales
    let shifts = weight.packing.zeroShifts
    let perWord = shifts.count
    let mask = UInt32(1) << UInt32(weight.packing.bits) - 1
    let start = outputs.lowerBound / perWord
    var stored = [UInt32](repeating: 0, count: (outputs.upperBound - 1) / perWord - start + 1)
    for group in groups {
      let row = (group - first) * outputs.count
      try scales.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let place = group * weight.outputs
        try weight.scales.read(
          place + outputs.lowerBound..<place + outputs.upperBound, from: checkpoint, into: base + row)
      }
      let place = group * (weight.outputs / perWord) + start
      try stored.withUnsafeMutableBytes {
        try checkpoint.read(weight.zeros, elements: place..<place + $0.count / 4, into: $0)
      }
      for (i, output) in outputs.enumerated() {
        let zero = stored[output / perWord - start] >> shifts[output % perWord] & mask
        // Wrapped, as the readers of that format do: zero point 0 less one is stored as all ones.
        zeros[row + i] = Float((zero + weight.zeroOffset) & mask)
      }
    }
  }
}

/// Words of 32 bits, copied from where they lie if that is in memory.
struct StoredWords {
  let name: String
  let region: TensorRegion?
  let source: any TensorSource

  /// Copies words to the beginning of a buffer that has room for them.
  func load(_ first: Int, count: Int, into buffer: inout [UInt32]) throws {
    try buffer.withUnsafeMutableBytes { buffer in
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * 4)])
      if let region {
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: region.bytes[first * 4..<(first + count) * 4]))
      } else {
        try source.read(name, elements: first..<first + count, into: room)
      }
    }
  }

  /// Lets go of the memory behind the words.
  func release() { region.map { $0.release(0..<$0.bytes.count) } }
}
