public import Documents
internal import Kernels
public import Tensors

/// What the elements of one tensor are like.
///
/// Elements are taken as float32, to which float64 and wide integers are rounded: merges compute in nothing wider, so
/// what float32 does not show changes no model. Moments and the histogram are those
/// of the finite elements; the others are counted.
public struct TensorStatistics: Hashable, Sendable {
  /// How many bins a histogram has.
  public static let histogramBins = 24

  /// Name, dtype and shape.
  public var tensor: TensorDescription
  /// The smallest and the largest finite element, or nil if there is none.
  public var range: ClosedRange<Float>?
  /// The mean of the finite elements, or nil if there is none.
  public var mean: Double?
  /// The standard deviation of the finite elements (divided by their number), or nil if there is none.
  public var deviation: Double?
  /// The Euclidean norm of the finite elements.
  public var norm: Double
  /// How many elements are zero.
  public var zeros: Int
  /// How many elements are no number.
  public var nans: Int
  /// How many elements are infinite.
  public var infinities: Int
  /// How many finite elements lie in each of as many equal parts of the range; empty without a range.
  public var histogram: [Int]

  /// How many elements are finite.
  public var finites: Int { tensor.shape.elementCount - nans - infinities }

  /// Reads a tensor twice, in blocks.
  ///
  /// - Throws: a `TensorSourceError` if there is no such tensor, or the source's own error.
  public init(
    of name: String, in source: any TensorSource, resources: ComparisonResources,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    guard let tensor = source.index[name] else { throw TensorSourceError.noSuchTensor(name) }
    self.tensor = tensor
    let blocks = try TensorBlocks([(name, source)])
    let stream = BlockStream(resources: resources, progress: progress)
    let kernels = VectorKernels.best
    let sums = try stream.sums(over: [blocks]) { _, block, count in kernels.valueSums(block[0], count: count) }[0]
    norm = sums.squares.squareRoot()
    zeros = sums.zeros
    nans = sums.nans
    infinities = sums.infinities
    histogram = []
    let finites = tensor.shape.elementCount - sums.nans - sums.infinities
    guard finites > 0 else { return }
    let range = sums.least...sums.greatest
    let mean = sums.sum / Double(finites)
    let spread = try stream.sums(over: [blocks]) { _, block, count in
      SpreadSums(UnsafeBufferPointer(start: block[0], count: count), around: mean, in: range)
    }[0]
    self.range = range
    self.mean = mean
    deviation = (spread.squares / Double(finites)).squareRoot()
    histogram = spread.bins
  }

  /// The statistics as a program reads them; what is undefined is null.
  public var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    return .object([
      ("name", .string(tensor.name)), ("dtype", .string(tensor.dtype.rawValue)),
      ("shape", .array(tensor.shape.dimensions.map(JSONValue.integer))),
      ("elements", .integer(tensor.shape.elementCount)), ("bytes", .integer(tensor.byteCount)),
      ("min", number(range.map { Double($0.lowerBound) })), ("max", number(range.map { Double($0.upperBound) })),
      ("mean", number(mean)), ("standard_deviation", number(deviation)), ("norm", .number(norm)),
      ("zeros", .integer(zeros)), ("nan", .integer(nans)), ("infinite", .integer(infinities)),
      ("histogram", .array(histogram.map(JSONValue.integer))),
    ])
  }
}

/// How far elements lie from their mean, and in which part of their range.
private struct SpreadSums: BlockSums {
  var squares = 0.0
  var bins = Array(repeating: 0, count: TensorStatistics.histogramBins)

  init() {}

  init(_ block: UnsafeBufferPointer<Float>, around mean: Double, in range: ClosedRange<Float>) {
    let last = TensorStatistics.histogramBins - 1
    let low = Double(range.lowerBound)
    let width = Double(range.upperBound) - low
    let scale = width > 0 ? Double(TensorStatistics.histogramBins) / width : 0
    bins.withUnsafeMutableBufferPointer { bins in
      for element in block where element.isFinite {
        let value = Double(element)
        squares += (value - mean) * (value - mean)
        // The largest element belongs to the last part.
        bins[min(last, Int((value - low) * scale))] += 1
      }
    }
  }

  mutating func add(_ next: SpreadSums) {
    squares += next.squares
    for bin in bins.indices { bins[bin] += next.bins[bin] }
  }
}
