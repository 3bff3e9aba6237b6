import BraidTesting
import Comparisons
import Reports
import Tensors
import Testing

struct TensorReportTests {
  private func report(_ values: [Float], name: String = "t", place: String? = nil, width: Int = 100) throws -> String {
    let statistics = try TensorStatistics(
      of: name, in: MemorySource(floats: [(name, [values.count], values)]),
      resources: ComparisonResources(threads: 1, memory: 1 << 20))
    return TensorReport(statistics, place: place, width: width).text
  }

  @Test func `a tensor looks as it should`() throws {
    var generator = SeededGenerator(seed: 3)
    // Sums of a few even numbers have a bell's shape.
    let values = (0..<4000).map { _ in
      (0..<6).reduce(Float(0)) { sum, _ in sum + Float(Int.random(in: -32...32, using: &generator)) / 64 }
    }
    try Golden.expect(
      report(values + [.nan, .infinity], place: "model.safetensors, bytes 8 to 16016", width: 80), at: "tensor.text")
  }

  @Test func `a tensor without finite elements says so`() throws {
    let text = try report([.nan, .nan])
    #expect(
      text.contains("min         undefined, no element is finite\n") && text.contains("NaN         2 (100.0 %)\n"))
    #expect(!text.contains("▏"))
  }

  @Test func `lines keep to the width and names cannot steer the terminal`() throws {
    let text = try report([1, 2, 2, 2], name: "t\u{1B}[2J", width: 50)
    #expect(!text.contains("\u{1B}"))
    for line in text.split(separator: "\n") { #expect(line.count <= 50, "\(line)") }
  }
}
