internal import Kernels
internal import Tensors

/// The inner products ⟨xᵢ, xⱼ⟩ of all inputs, in float64.
///
/// Every method whose output is Σ cᵢ·xᵢ needs to know no more than this about its inputs: norms, distances and angles
/// of the inputs and of their differences all follow from it.
struct GramMatrix: Sendable {
  let size: Int
  private var products: [Double]

  init(size: Int) {
    self.size = size
    products = Array(repeating: 0, count: size * size)
  }

  subscript(i: Int, j: Int) -> Double {
    get { products[i * size + j] }
    set {
      products[i * size + j] = newValue
      products[j * size + i] = newValue
    }
  }

  /// The matrix of the differences xᵢ − x_base, without the base's own row.
  func differences(to base: Int) -> GramMatrix {
    let others = (0..<size).filter { $0 != base }
    var result = GramMatrix(size: others.count)
    for (row, i) in others.enumerated() {
      for (column, j) in others.enumerated() where column >= row {
        result[row, column] = self[i, j] - self[i, base] - self[j, base] + self[base, base]
      }
    }
    return result
  }

  /// The square root of a diagonal element; never NaN, whatever cancellation did to it.
  func norm(_ i: Int) -> Double { max(0, self[i, i]).squareRoot() }

  /// The norm of Σ fᵢ·xᵢ.
  func norm(of factors: [Double]) -> Double {
    let square = factors.indices.reduce(0) { $0 + factors[$1] * product(of: factors, withVector: $1) }
    return max(0, square).squareRoot()
  }

  /// The inner product of Σ fⱼ·xⱼ with xᵢ.
  func product(of factors: [Double], withVector i: Int) -> Double {
    factors.indices.reduce(0) { $0 + factors[$1] * self[i, $1] }
  }
}

/// Adds up inner products of whole tensors, block by block.
final class GramSurvey: Survey, @unchecked Sendable {
  // Each block has its own places in `partials`, so workers never write to the same one.
  private let inputCount: Int
  private let pairs: [(Int, Int)]
  private let partials: UnsafeMutableBufferPointer<Double>

  init(task: MergeTask) {
    let count = task.inputCount
    inputCount = count
    pairs = (0..<count).flatMap { i in (i..<count).map { (i, $0) } }
    let blocks = (task.shape.elementCount + Streaming.blockElements - 1) / Streaming.blockElements
    partials = .allocate(capacity: blocks * pairs.count)
    partials.initialize(repeating: 0)
  }

  deinit { partials.deallocate() }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    let row = block.start / Streaming.blockElements * pairs.count
    guard let target = partials.baseAddress else { return }
    block.withAddresses {
      VectorKernels.best.gram($0, bfloat16: block.isBFloat16, count: block.count, into: target + row)
    }
  }

  func merge(_ local: AnyObject) {}

  /// The sums over all blocks, in block order.
  var matrix: GramMatrix {
    var result = GramMatrix(size: inputCount)
    for (place, pair) in pairs.enumerated() {
      result[pair.0, pair.1] = stride(from: place, to: partials.count, by: pairs.count).reduce(0) { $0 + partials[$1] }
    }
    return result
  }
}
