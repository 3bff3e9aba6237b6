internal import CKernels

/// Sums over blocks that add up to sums over a tensor.
public protocol BlockSums: Sendable {
  /// The sums over nothing.
  init()
  /// Adds the sums over what follows.
  mutating func add(_ next: Self)
}

/// What the elements of a tensor are like; those that are not finite are counted and otherwise left out.
public struct ValueSums: BlockSums, Hashable {
  /// The sum of the elements.
  public var sum = 0.0
  /// The sum of their squares.
  public var squares = 0.0
  /// The smallest element, or +∞ if none is finite.
  public var least = Float.infinity
  /// The largest element, or -∞ if none is finite.
  public var greatest = -Float.infinity
  /// How many elements are zero.
  public var zeros = 0
  /// How many elements are no number.
  public var nans = 0
  /// How many elements are infinite.
  public var infinities = 0

  /// The sums over nothing.
  public init() {}

  /// Adds the sums over what follows.
  public mutating func add(_ next: ValueSums) {
    sum += next.sum
    squares += next.squares
    least = min(least, next.least)
    greatest = max(greatest, next.greatest)
    zeros += next.zeros
    nans += next.nans
    infinities += next.infinities
  }
}

/// The inner products of two vectors with themselves and with each other.
public struct InnerProducts: BlockSums, Hashable {
  /// The sum of a².
  public var squaresOfFirst = 0.0
  /// The sum of b².
  public var squaresOfSecond = 0.0
  /// The sum of a·b.
  public var product = 0.0
  /// How many pairs of elements were counted.
  public var counted = 0

  /// The sums over nothing.
  public init() {}

  fileprivate init(_ plain: braid_pair_sums) {
    squaresOfFirst = plain.squares_a
    squaresOfSecond = plain.squares_b
    product = plain.product
    counted = Int(plain.counted)
  }

  /// Adds the sums over what follows.
  public mutating func add(_ next: InnerProducts) {
    squaresOfFirst += next.squaresOfFirst
    squaresOfSecond += next.squaresOfSecond
    product += next.product
    counted += next.counted
  }
}

/// How the elements of two tensors differ; pairs with one that is not finite are left out.
public struct DifferenceSums: BlockSums, Hashable {
  /// The inner products of the tensors.
  public var pair = InnerProducts()
  /// The sum of (a - b)².
  public var squaresOfDifference = 0.0
  /// The largest |a - b|.
  public var largest = 0.0
  /// How many pairs are unequal.
  public var changed = 0

  /// The sums over nothing.
  public init() {}

  /// Adds the sums over what follows.
  public mutating func add(_ next: DifferenceSums) {
    pair.add(next.pair)
    squaresOfDifference += next.squaresOfDifference
    largest = max(largest, next.largest)
    changed += next.changed
  }
}

/// How two task vectors x = a - base and y = b - base relate; elements that are not finite somewhere are left out.
public struct TaskVectorSums: BlockSums, Hashable {
  /// The inner products of x and y.
  public var pair = InnerProducts()
  /// The sum of base².
  public var squaresOfBase = 0.0
  /// The sum of |x|.
  public var magnitudeOfFirst = 0.0
  /// The sum of |y|.
  public var magnitudeOfSecond = 0.0
  /// The sum of min(|x|, |y|).
  public var shared = 0.0
  /// The same where x and y have opposite signs.
  public var opposed = 0.0
  /// How many |x| are large.
  public var largeInFirst = 0
  /// How many |y| are large.
  public var largeInSecond = 0

  /// The sums over nothing.
  public init() {}

  /// Adds the sums over what follows.
  public mutating func add(_ next: TaskVectorSums) {
    pair.add(next.pair)
    squaresOfBase += next.squaresOfBase
    magnitudeOfFirst += next.magnitudeOfFirst
    magnitudeOfSecond += next.magnitudeOfSecond
    shared += next.shared
    opposed += next.opposed
    largeInFirst += next.largeInFirst
    largeInSecond += next.largeInSecond
  }
}

extension VectorKernels {
  /// Sums over a block, in float64: 16 lanes, then the lanes pairwise.
  public func valueSums(_ x: UnsafePointer<Float>, count: Int) -> ValueSums {
    var plain = braid_value_sums()
    table.pointee.value_sums(x, count, &plain)
    var sums = ValueSums()
    sums.sum = plain.sum
    sums.squares = plain.squares
    sums.least = plain.least
    sums.greatest = plain.greatest
    sums.zeros = Int(plain.zeros)
    sums.nans = Int(plain.nans)
    sums.infinities = Int(plain.infinities)
    return sums
  }

  /// Sums over a block of pairs, in float64: 16 lanes, then the lanes pairwise.
  public func differenceSums(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> DifferenceSums {
    var plain = braid_difference_sums()
    table.pointee.difference_sums(a, b, count, &plain)
    var sums = DifferenceSums()
    sums.pair = InnerProducts(plain.pair)
    sums.squaresOfDifference = plain.squares_difference
    sums.largest = plain.largest
    sums.changed = Int(plain.changed)
    return sums
  }

  /// Sums over a block of differences to a base, in float64: 16 lanes, then the lanes pairwise.
  ///
  /// - Parameter large: magnitudes above this are counted.
  public func taskVectorSums(
    base: UnsafePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int, large: Float
  ) -> TaskVectorSums {
    var plain = braid_task_vector_sums()
    table.pointee.task_vector_sums(base, a, b, large, count, &plain)
    var sums = TaskVectorSums()
    sums.pair = InnerProducts(plain.pair)
    sums.squaresOfBase = plain.squares_base
    sums.magnitudeOfFirst = plain.magnitude_a
    sums.magnitudeOfSecond = plain.magnitude_b
    sums.shared = plain.shared
    sums.opposed = plain.opposed
    sums.largeInFirst = Int(plain.large_a)
    sums.largeInSecond = Int(plain.large_b)
    return sums
  }

  /// Adds scale·xᵢ to sumsᵢ for each element, in float64.
  public func addScaled(_ x: UnsafePointer<Float>, by scale: Double, to sums: UnsafeMutableBufferPointer<Double>) {
    guard let target = sums.baseAddress else { return }
    table.pointee.add_scaled(x, scale, target, sums.count)
  }
}
