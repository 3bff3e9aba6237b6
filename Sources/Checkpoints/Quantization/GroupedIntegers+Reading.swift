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
    var codes = [Float](repeating: 0, count: block.count + 16)
    var loaded: Int?
    for (number, input) in part.enumerated() {
      let group = owners.isEmpty ? input / groupSize : owners[number]
      var skipped = 0
      switch packing {
      case .alongInputs(let bits):
        let perWord = 32 / bits
        if loaded != input / perWord {
          loaded = input / perWord
          try words.load(input / perWord * outputs + block.lowerBound, count: block.count, into: &stored)
        }
        Self.codes(of: stored, count: block.count, shift: UInt32(input % perWord * bits), bits: bits, into: &codes)
      case .alongOutputs:
        let start = block.lowerBound / 8
        let count = (block.upperBound - 1) / 8 - start + 1
        try words.load(input * (outputs / 8) + start, count: count, into: &stored)
        Self.interleavedCodes(of: stored, count: count, into: &codes)
        skipped = block.lowerBound % 8
      }
      let row = (group - table.first) * block.count
      tile.withUnsafeMutableBufferPointer { tile in
        codes.withUnsafeBufferPointer { codes in
          table.withRow(at: row, count: block.count) { scales, zeros in
            for i in 0..<block.count {
              tile[i * Self.tileInputs + number] = scales[i] * (codes[skipped + i] - zeros[i])
            }
          }
        }
      }
    }
  }

  /// One code of each word.
  private static func codes(
    of stored: [UInt32], count: Int, shift: UInt32, bits: Int, into codes: inout [Float]
  ) {
    let mask = UInt32(1) << UInt32(bits) - 1
    stored.withUnsafeBufferPointer { stored in
      codes.withUnsafeMutableBufferPointer { codes in
        // The shift is below 32; masking shifts need no branch, and what fits 31 bits converts faster as signed.
        for i in 0..<count { codes[i] = Float(Int32(bitPattern: stored[i] &>> shift & mask)) }
      }
    }
  }

  /// All eight codes of each word, in the order of the outputs.
  private static func interleavedCodes(of stored: [UInt32], count: Int, into codes: inout [Float]) {
    stored.withUnsafeBufferPointer { stored in
      codes.withUnsafeMutableBufferPointer { codes in
        let shifts = SIMD8<UInt32>(IntegerPacking.interleavedShifts)
        for i in 0..<count {
          let word = SIMD8<UInt32>(repeating: stored[i]) &>> shifts & 15
          let values = SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: word))
          for k in 0..<8 { codes[i * 8 + k] = values[k] }
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

extension GroupTable {
  /// Calls `body` with the scales and the zero points from a place on.
  func withRow(at place: Int, count: Int, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void) {
    scales.withUnsafeBufferPointer { scales in
      zeros.withUnsafeBufferPointer { zeros in
        guard place + count <= scales.count, let scales = scales.baseAddress, let zeros = zeros.baseAddress else {
          return
        }
        body(scales + place, zeros + place)
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
