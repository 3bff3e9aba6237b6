import Kernels
import Tensors
import Testing

/// Products through oneDNN against sums in float64.
struct MatrixProductTests {
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

  @Test(arguments: MatrixElement.allCases, [false, true])
  func `a product equals its sums, and touches nothing between the rows`(element: MatrixElement, adds: Bool) throws {
    for (rows, columns, depth) in [(1, 1, 1), (1, 64, 33), (5, 128, 100), (16, 96, 257), (70, 40, 64)] {
      let shape = MatrixProductShape(
        rows: rows, columns: columns, depth: depth, inputStride: depth + 3, weightStride: columns + 5,
        outputStride: columns + 7, element: element, accumulates: adds)
      let a = Self.numbers(rows * shape.inputStride, seed: 1)
      let b = Self.numbers(depth * shape.weightStride, seed: 2)
      let before = Self.numbers(rows * shape.outputStride, seed: 3)
      var c = before
      try c.withUnsafeMutableBufferPointer { output in
        try Self.bytes(a, as: element).withUnsafeBytes { input in
          try Self.bytes(b, as: element).withUnsafeBytes { weights in
            try MatrixProduct(shape).run(
              input: try #require(input.baseAddress), weights: try #require(weights.baseAddress),
              output: try #require(output.baseAddress), scratch: ScratchMemory())
          }
        }
      }
      for row in 0..<rows {
        for column in 0..<shape.outputStride {
          let place = row * shape.outputStride + column
          guard column < columns else {
            #expect(c[place] == before[place])
            continue
          }
          var sum = adds ? Double(before[place]) : 0
          for k in 0..<depth {
            sum += Double(a[row * shape.inputStride + k]) * Double(b[k * shape.weightStride + column])
          }
          #expect(abs(Double(c[place]) - sum) < 1e-3)
        }
      }
    }
  }

  /// A matrix of 200 × 51 with packed weights, and the outputs of some rows of 70.
  private struct Sample {
    static let (outputs, inputs, rows) = (200, 51, 70)
    let element: MatrixElement
    let matrix: PackedMatrix
    let input: [UInt8]

    /// - Parameter inputsFirst: whether the weights are packed from a matrix stored the other way round.
    init(_ element: MatrixElement, inputsFirst: Bool = false) throws {
      // Thirds, so that sums are rounded and their order shows.
      func thirds(_ count: Int, seed: UInt64) -> [Float] {
        MatrixProductTests.numbers(count, seed: seed).map { $0 / 3 }
      }
      let (outputs, inputs) = (Self.outputs, Self.inputs)
      let w = thirds(outputs * inputs, seed: 8)
      self.element = element
      input = MatrixProductTests.bytes(thirds((Self.rows + 8) * inputs, seed: 9), as: element)
      matrix = PackedMatrix(
        outputs: outputs, inputs: inputs, element: element, tileWidth: 128, products: MatrixProducts())
      let stored = inputsFirst ? (0..<inputs).flatMap { i in (0..<outputs).map { w[$0 * inputs + i] } } : w
      let scratch = ScratchMemory()
      try stored.withUnsafeBytes { source in
        let base = try #require(source.baseAddress)
        for tile in 0..<matrix.tileCount {
          let first = matrix.outputs(ofTile: tile).lowerBound
          if inputsFirst {
            matrix.pack(
              tile: tile, fromColumns: base + first * 4, rowStride: outputs * 4, dtype: .float32, scratch: scratch)
          } else {
            matrix.pack(tile: tile, from: base + first * inputs * 4, dtype: .float32, scratch: scratch)
          }
        }
      }
    }

    func products(_ rows: Range<Int>) throws -> [Float] {
      let (outputs, inputs) = (Self.outputs, Self.inputs)
      let output = AlignedMemory(byteCount: (rows.count + 8) * outputs * 4)
      try input.withUnsafeBytes { input in
        for tile in 0..<matrix.tileCount {
          try matrix.multiply(
            tile: tile, rows: rows.count,
            input: try #require(input.baseAddress) + rows.lowerBound * inputs * element.byteCount,
            inputStride: inputs, output: output.floats + matrix.outputs(ofTile: tile).lowerBound,
            outputStride: outputs, scratch: ScratchMemory())
        }
      }
      return Array(UnsafeBufferPointer(start: output.floats, count: rows.count * outputs))
    }
  }

  @Test(arguments: MatrixElement.allCases)
  func `a row's products are the same to the bit whatever rows are beside it`(element: MatrixElement) throws {
    let sample = try Sample(element)
    let whole = try sample.products(0..<Sample.rows)
    for count in [1, 2, 3, 4, 5, 7, 8, 9, 16, 24, 31, 33, 57] {
      for first in [0, 13] {
        let part = try sample.products(first..<first + count)
        #expect(part[...] == whole[first * Sample.outputs..<(first + count) * Sample.outputs], "\(count) rows")
      }
    }
  }

  @Test(arguments: MatrixElement.allCases)
  func `weights stored the other way round are packed alike`(element: MatrixElement) throws {
    let one = try Sample(element).products(0..<9)
    #expect(try Sample(element, inputsFirst: true).products(0..<9) == one)
  }

  @Test(arguments: MatrixElement.allCases, [DType.float32, .bfloat16, .float64])
  func `packed weights multiply like the rows they came from`(element: MatrixElement, dtype: DType) throws {
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
      let matrix = PackedMatrix(
        outputs: outputs, inputs: inputs, element: element, tileWidth: 128, products: MatrixProducts())
      #expect(matrix.tileCount == 3)
      let scratch = ScratchMemory()
      let output = AlignedMemory(byteCount: (rows + 8) * outputs * 4)
      let shifted = [UInt8](repeating: 0, count: offset) + stored
      try shifted.withUnsafeBytes { source in
        let base = try #require(source.baseAddress) + offset
        for tile in 0..<matrix.tileCount {
          let first = matrix.outputs(ofTile: tile).lowerBound
          matrix.pack(tile: tile, from: base + first * inputs * dtype.byteCount, dtype: dtype, scratch: scratch)
        }
      }
      try Self.bytes(x, as: element).withUnsafeBytes { input in
        for tile in 0..<matrix.tileCount {
          try matrix.multiply(
            tile: tile, rows: rows, input: try #require(input.baseAddress), inputStride: inputs,
            output: output.floats + matrix.outputs(ofTile: tile).lowerBound, outputStride: outputs, scratch: scratch)
        }
      }
      for row in 0..<rows {
        for out in 0..<outputs {
          var sum = 0.0
          for k in 0..<inputs { sum += Double(x[row * inputs + k]) * Double(w[out * inputs + k]) }
          #expect(abs(Double(output.floats[row * outputs + out]) - sum) < 1e-3)
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
