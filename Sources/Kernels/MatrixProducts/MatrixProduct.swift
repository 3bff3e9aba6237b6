internal import COneDNN
private import Synchronization

/// The sizes of a matrix product C = A Bᵀ, with all three matrices stored by rows without gaps.
public struct MatrixProductShape: Sendable, Hashable {
  /// The rows of A and C.
  public var rows: Int
  /// The rows of B, which are the columns of C.
  public var columns: Int
  /// The columns of A and B.
  public var depth: Int
  /// The type of A and B; C is float32.
  public var element: MatrixElement

  /// Makes a shape.
  public init(rows: Int, columns: Int, depth: Int, element: MatrixElement = .float32) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.element = element
  }
}

/// A matrix product of fixed sizes, carried out by oneDNN on the calling thread.
///
/// Unchecked: the handle is never changed after it was made, and oneDNN allows concurrent runs with separate scratch.
public final class MatrixProduct: @unchecked Sendable {
  /// The sizes.
  public let shape: MatrixProductShape
  /// The size of the scratch memory that a run needs, in bytes.
  public let scratchByteCount: Int
  private let handle: OpaquePointer

  /// Prepares a product.
  public init(_ shape: MatrixProductShape) throws(MatrixProductError) {
    var description = braid_product_shape(
      rows: Int64(shape.rows), columns: Int64(shape.columns), depth: Int64(shape.depth),
      bfloat16: shape.element == .bfloat16 ? 1 : 0)
    var handle: OpaquePointer?
    let status = braid_product_create(&description, &handle)
    guard status == 0, let handle else { throw MatrixProductError(shape: shape, status: Int(status)) }
    self.shape = shape
    self.handle = handle
    scratchByteCount = braid_product_scratch_size(handle)
    addsInOneOrder = String(cString: braid_product_implementation(handle)).hasPrefix("brg")
  }

  deinit { braid_product_destroy(handle) }

  /// How oneDNN carries the product out, by the name of its implementation.
  public var implementation: String { String(cString: braid_product_implementation(handle)) }

  /// Whether a row's sums are formed in the same order for any number of rows.
  ///
  /// Kernels made of small matrix blocks add along the depth only; the older ones, on CPUs without AVX-512, treat the
  /// rows of a remainder differently.
  let addsInOneOrder: Bool

  /// oneDNN's version.
  public static var libraryVersion: String {
    let version = Int(braid_onednn_version())
    return "\(version / 10000).\(version / 100 % 100).\(version % 100)"
  }

  /// Multiplies.
  ///
  /// - Parameters:
  ///   - input: A, of the shape's element type.
  ///   - weights: B, of the shape's element type.
  ///   - output: C, which must not overlap the others.
  ///   - scratch: ``scratchByteCount`` bytes at a multiple of 64 that no other run uses at the same time.
  public func run(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(MatrixProductError) {
    let status = braid_product_run(handle, input, weights, output, scratch)
    guard status == 0 else { throw MatrixProductError(shape: shape, status: Int(status)) }
  }
}

/// A product that oneDNN refused.
public struct MatrixProductError: Error, CustomStringConvertible {
  /// The product's sizes.
  public var shape: MatrixProductShape
  /// oneDNN's status.
  public var status: Int

  /// The error as one line.
  public var description: String {
    let reason =
      switch status {
      case 1: "out of memory"
      case 2: "invalid arguments"
      case 3: "not implemented"
      default: "status \(status)"
      }
    return "oneDNN \(MatrixProduct.libraryVersion) could not multiply \(shape.rows)×\(shape.depth) by "
      + "\(shape.depth)×\(shape.columns) in \(shape.element.rawValue): \(reason)"
  }
}

/// Products that were prepared before, by their sizes.
public final class MatrixProducts: Sendable {
  private let products = Mutex<[MatrixProductShape: MatrixProduct]>([:])

  /// The most products kept; with more, the sizes of the day have changed and all are prepared anew.
  private static let capacity = 4096

  /// Begins with none.
  public init() {}

  /// The product of these sizes.
  public func product(_ shape: MatrixProductShape) throws(MatrixProductError) -> MatrixProduct {
    if let known = products.withLock({ $0[shape] }) { return known }
    let made = try MatrixProduct(shape)
    products.withLock { products in
      if products.count >= Self.capacity { products.removeAll() }
      products[shape] = made
    }
    return made
  }
}
