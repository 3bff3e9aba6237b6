import Kernels
import Tensors
import Testing

/// Products through oneDNN and by dots against sums in float64.
struct MatrixProductTests {
  /// The types that this CPU multiplies: oneDNN need not know the others.
  private static let elements = MatrixElement.allCases.filter(\.isFast)

  /// Numbers that look random and are exact in bfloat16.
  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int(state >> 56) - 128) / 64
    }
  }

  /// The upper halves of floats that are exact in bfloat16.
  private static func halves(_ values: [Float]) -> [UInt16] { values.map { UInt16($0.bitPattern >> 16) } }

  private static func bytes(_ values: [Float], as element: MatrixElement) -> [UInt8] {
    switch element {
    case .float32: values.withUnsafeBytes(Array.init)
    case .bfloat16: halves(values).withUnsafeBytes(Array.init)
    }
  }

  @Test(arguments: elements)
  func `a product equals its sums`(element: MatrixElement) throws {
    for (rows, columns, depth) in [(1, 1, 1), (1, 64, 33), (5, 128, 100), (16, 96, 257), (70, 40, 64)] {
      let product = try MatrixProduct(
        MatrixProductShape(rows: rows, columns: columns, depth: depth, element: element))
      let a = Self.numbers(rows * depth, seed: 1)
      let b = Self.numbers(columns * depth, seed: 2)
      let c = AlignedMemory(byteCount: rows * columns * 4)
      let scratch = AlignedMemory(byteCount: product.scratchByteCount)
      try Self.bytes(a, as: element).withUnsafeBytes { input in
        try Self.bytes(b, as: element).withUnsafeBytes { weights in
          try product.run(
            input: try #require(input.baseAddress), weights: try #require(weights.baseAddress), output: c.floats,
            scratch: scratch.address)
        }
      }
      withExtendedLifetime(scratch) {}
      for row in 0..<rows {
        for column in 0..<columns {
          let sum = (0..<depth).reduce(0.0) { $0 + Double(a[row * depth + $1]) * Double(b[column * depth + $1]) }
          #expect(abs(Double(c.floats[row * columns + column]) - sum) < 1e-3)
        }
      }
    }
  }

  /// The ways to multiply.
  enum Way: CaseIterable {
    case blocks
    case dots
  }

  /// A matrix of 203 × 51, filled from float32, and the outputs of some rows of 300.
  private struct Sample {
    static let (outputs, inputs, rows) = (203, 51, 300)
    let element: MatrixElement
    let matrix: WeightMatrix
    let input: [UInt8]

    /// - Parameter inputsFirst: whether the weights come from a matrix stored the other way round.
    init(_ element: MatrixElement, inputsFirst: Bool = false) throws {
      // Thirds, so that sums are rounded and their order shows.
      func thirds(_ count: Int, seed: UInt64) -> [Float] {
        MatrixProductTests.numbers(count, seed: seed).map { $0 / 3 }
      }
      let (outputs, inputs) = (Self.outputs, Self.inputs)
      let w = thirds(outputs * inputs, seed: 8)
      self.element = element
      input = MatrixProductTests.bytes(thirds((Self.rows + 8) * inputs, seed: 9), as: element)
      matrix = WeightMatrix(
        outputs: outputs, inputs: inputs, element: element, tileWidth: 128, products: MatrixProducts())
      let stored = inputsFirst ? (0..<inputs).flatMap { i in (0..<outputs).map { w[$0 * inputs + i] } } : w
      let scratch = ScratchMemory()
      try stored.withUnsafeBytes { source in
        let base = try #require(source.baseAddress)
        for tile in 0..<matrix.tileCount {
          let own = matrix.outputs(ofTile: tile)
          if inputsFirst {
            matrix.fill(
              own, fromColumns: base + own.lowerBound * 4, rowStride: outputs * 4, dtype: .float32, scratch: scratch)
          } else {
            matrix.fill(own, from: base + own.lowerBound * inputs * 4, dtype: .float32, scratch: scratch)
          }
        }
      }
    }

    func products(_ rows: Range<Int>, _ way: Way, accumulating: Bool = false) throws -> [Float] {
      let output = AlignedMemory(byteCount: (rows.count + 8) * Self.outputs * 4)
      output.floats.update(repeating: accumulating ? 3 : .nan, count: rows.count * Self.outputs)
      try input.withUnsafeBytes { input in
        let first = try #require(input.baseAddress) + rows.lowerBound * Self.inputs * element.byteCount
        try MatrixProductTests.multiply(
          matrix, rows: rows.count, first, into: output.floats, way, accumulating: accumulating)
      }
      return Array(UnsafeBufferPointer(start: output.floats, count: rows.count * Self.outputs))
    }
  }

  private static func multiply(
    _ matrix: WeightMatrix, rows: Int, _ input: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>, _ way: Way,
    accumulating: Bool = false
  ) throws {
    for tile in 0..<matrix.tileCount {
      let place = output + matrix.outputs(ofTile: tile).lowerBound
      switch way {
      case .blocks:
        try matrix.multiply(
          tile: tile, rows: rows, input: input, output: place, outputStride: matrix.outputs, accumulating: accumulating,
          scratch: ScratchMemory())
      case .dots:
        matrix.dot(
          tile: tile, rows: rows, input: input, output: place, outputStride: matrix.outputs, accumulating: accumulating)
      }
    }
  }

  @Test(arguments: elements, Way.allCases)
  func `a row's products are the same to the bit whatever rows are beside it`(
    element: MatrixElement, way: Way
  ) throws {
    let sample = try Sample(element)
    let whole = try sample.products(0..<Sample.rows, way)
    for count in [1, 2, 3, 4, 5, 7, 8, 9, 16, 24, 31, 33, 57, 250] {
      for first in [0, 13] {
        let part = try sample.products(first..<first + count, way)
        #expect(part[...] == whole[first * Sample.outputs..<(first + count) * Sample.outputs], "\(count) rows")
      }
    }
  }

  @Test(arguments: elements)
  func `blocks and dots differ by rounding only, and both add where they should`(element: MatrixElement) throws {
    let sample = try Sample(element)
    let blocks = try sample.products(0..<13, .blocks)
    for way in Way.allCases {
      let plain = try sample.products(0..<13, way)
      let added = try sample.products(0..<13, way, accumulating: true)
      for index in blocks.indices {
        #expect(abs(plain[index] - blocks[index]) < 1e-4)
        #expect(abs(added[index] - 3 - plain[index]) < 1e-4)
      }
    }
  }

  @Test(arguments: elements)
  func `weights stored the other way round give the same products`(element: MatrixElement) throws {
    let one = try Sample(element).products(0..<9, .blocks)
    #expect(try Sample(element, inputsFirst: true).products(0..<9, .blocks) == one)
  }

  @Test(arguments: elements, [DType.float32, .bfloat16, .float64])
  func `weights of any type multiply like the rows they came from`(element: MatrixElement, dtype: DType) throws {
    let (outputs, inputs, rows) = (300, 37, 19)
    let w = Self.numbers(outputs * inputs, seed: 4)
    let x = Self.numbers((rows + 8) * inputs, seed: 5)
    let stored: [UInt8] =
      switch dtype {
      case .bfloat16: Self.bytes(w, as: .bfloat16)
      case .float64: w.map(Double.init).withUnsafeBytes(Array.init)
      default: Self.bytes(w, as: .float32)
      }
    // One byte off, as tensors in files may be.
    for offset in [0, 1] {
      let matrix = WeightMatrix(
        outputs: outputs, inputs: inputs, element: element, tileWidth: 128, products: MatrixProducts())
      #expect(matrix.tileCount == 3)
      let scratch = ScratchMemory()
      let shifted = [UInt8](repeating: 0, count: offset) + stored
      try shifted.withUnsafeBytes { source in
        let base = try #require(source.baseAddress) + offset
        for tile in 0..<matrix.tileCount {
          let own = matrix.outputs(ofTile: tile)
          matrix.fill(own, from: base + own.lowerBound * inputs * dtype.byteCount, dtype: dtype, scratch: scratch)
        }
      }
      try Self.expectProducts(of: matrix, weights: w, rows: x, count: rows)
    }
  }

  @Test(arguments: elements)
  func `weights are multiplied where they lie, at any multiple of their size`(element: MatrixElement) throws {
    let (outputs, inputs) = (140, 70)
    let w = Self.numbers(outputs * inputs, seed: 4)
    for offset in [0, 1, 5] {
      let memory = AlignedMemory(byteCount: (outputs * inputs + offset) * element.byteCount)
      let place = memory.address + offset * element.byteCount
      Self.bytes(w, as: element).withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
      let matrix = WeightMatrix(
        place, owner: memory, outputs: outputs, inputs: inputs, element: element, products: MatrixProducts())
      try Self.expectProducts(of: matrix, weights: w, rows: Self.numbers(17 * inputs, seed: 5), count: 9)
    }
  }

  /// Compares products, either way, with sums in float64.
  private static func expectProducts(of matrix: WeightMatrix, weights: [Float], rows: [Float], count: Int) throws {
    for way in Way.allCases {
      let output = AlignedMemory(byteCount: (count + 8) * matrix.outputs * 4)
      try bytes(rows, as: matrix.element).withUnsafeBytes { input in
        try multiply(matrix, rows: count, try #require(input.baseAddress), into: output.floats, way)
      }
      for row in 0..<count {
        for out in 0..<matrix.outputs {
          var sum = 0.0
          for k in 0..<matrix.inputs {
            sum += Double(rows[row * matrix.inputs + k]) * Double(weights[out * matrix.inputs + k])
          }
          #expect(abs(Double(output.floats[row * matrix.outputs + out]) - sum) < 1e-3)
        }
      }
    }
  }

  @Test func `sizes that make no sense are an error, not a crash`() {
    #expect(throws: MatrixProductError.self) {
      try MatrixProduct(MatrixProductShape(rows: 2, columns: 2, depth: -1))
    }
  }
}
