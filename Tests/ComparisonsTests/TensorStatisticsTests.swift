import BraidTesting
import Comparisons
import Documents
import Tensors
import Testing

@Suite struct TensorStatisticsTests {
  private let resources = ComparisonResources(threads: 2, memory: 1 << 26)

  private func statistics(_ values: [Float], _ shape: Shape? = nil) throws -> TensorStatistics {
    let source = MemorySource(floats: [("t", shape ?? [values.count], values)])
    return try TensorStatistics(of: "t", in: source, resources: resources)
  }

  @Test func `statistics of real tensors are what numpy computes`() throws {
    let golden = try Numbers.golden()
    let model = try Fixture.weights("families/a/expert-sums")
    for member in golden["statistics"]?.object ?? [] {
      let found = try TensorStatistics(of: member.key, in: model, resources: resources)
      let expected = member.node
      #expect(found.range.map { Double($0.lowerBound) } == expected["min"]?.double)
      #expect(found.range.map { Double($0.upperBound) } == expected["max"]?.double)
      try Numbers.expectClose(found.mean, expected["mean"], within: 1e-9)
      try Numbers.expectClose(found.deviation, expected["standard_deviation"], within: 1e-12)
      try Numbers.expectClose(found.norm, expected["norm"], within: 1e-12)
      #expect(found.zeros == expected["zeros"]?.int)
      #expect(found.histogram.reduce(0, +) == found.tensor.shape.elementCount)
      #expect(found.histogram == expected["histogram"]?.array?.compactMap(\.int))
    }
  }

  @Test func `what is not finite is counted and otherwise left out`() throws {
    let found = try statistics([1, .nan, 3, .infinity, 0, -.infinity, -0.0, .nan])
    #expect(found.nans == 2 && found.infinities == 2 && found.zeros == 2 && found.finites == 4)
    #expect(found.range == 0...3 && found.mean == 1)
    #expect(found.norm == 10.0.squareRoot())
    #expect(found.histogram.reduce(0, +) == 4)
    #expect(found.histogram.first == 2 && found.histogram.last == 1)
  }

  @Test func `a tensor without a finite element has no range and no mean`() throws {
    for values: [Float] in [[], [.nan], [.infinity, .nan]] {
      let found = try statistics(values)
      #expect(found.range == nil && found.mean == nil && found.deviation == nil && found.histogram.isEmpty)
      #expect(found.norm == 0 && found.finites == 0)
    }
  }

  @Test func `a constant and the smallest of ranges have a histogram`() throws {
    #expect(try statistics([2, 2, 2]).histogram.first == 3)
    #expect(try statistics([2, 2, 2]).deviation == 0)
    let tiny = try statistics([0, .leastNonzeroMagnitude])
    #expect(tiny.histogram.first == 1 && tiny.histogram.last == 1)
    let wide = try statistics([-.greatestFiniteMagnitude, .greatestFiniteMagnitude])
    #expect(wide.histogram.first == 1 && wide.histogram.last == 1 && wide.mean == 0)
  }

  @Test func `threads and budget change no bit`() throws {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<3_000_001).map { _ in Float.random(in: -3...3, using: &generator) }
    let source = MemorySource(floats: [("t", [values.count], values)])
    let expected = try TensorStatistics(of: "t", in: source, resources: .init(threads: 1, memory: 1 << 20))
    for (threads, memory) in [(2, 1 << 20), (3, 1 << 26), (7, 1 << 30)] {
      let found = try TensorStatistics(of: "t", in: source, resources: .init(threads: threads, memory: memory))
      #expect(found == expected)
    }
    #expect(abs((expected.deviation ?? 0) - 3.0.squareRoot()) < 0.01)
  }

  @Test(arguments: DType.allCases) func `elements of every dtype are read`(dtype: DType) throws {
    // Four zeros and four elements of which every byte is one: tiny or not, above zero in every dtype.
    let bytes = Array(repeating: UInt8(0), count: 4 * dtype.byteCount) + Array(repeating: 1, count: 4 * dtype.byteCount)
    let source = MemorySource([(TensorDescription(name: "t", dtype: dtype, shape: [8]), bytes)])
    let found = try TensorStatistics(of: "t", in: source, resources: resources)
    // The smallest float64 values are zero as float32.
    #expect(found.zeros == (dtype == .float64 ? 8 : 4))
    #expect(found.range?.lowerBound == 0)
  }

  @Test func `JSON holds every figure and null for what is undefined`() throws {
    let json = try JSONParser.parse(try statistics([1, 3]).json.line)
    #expect(json["mean"]?.double == 2 && json["standard_deviation"]?.double == 1)
    #expect(json["histogram"]?.array?.count == TensorStatistics.histogramBins)
    #expect(try statistics([.nan]).json.line.contains("\"min\": null"))
  }

  @Test func `a name that is not there is an error`() {
    #expect(throws: TensorSourceError.noSuchTensor("u")) {
      try TensorStatistics(of: "u", in: MemorySource([]), resources: resources)
    }
  }
}

/// Figures that numpy computed.
enum Numbers {
  static func golden() throws -> JSONNode {
    try JSONParser.parse(
      try Files.bytes(Fixture.packageRoot + "/Tests/ComparisonsTests/Goldens/differences.json"))
  }

  static func expectClose(
    _ found: Double?, _ expected: JSONNode?, within tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(found, sourceLocation: sourceLocation)
    let expected = try #require(expected?.double, sourceLocation: sourceLocation)
    #expect(abs(found - expected) <= tolerance * max(abs(expected), 1e-3), sourceLocation: sourceLocation)
  }
}
