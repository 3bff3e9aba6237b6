internal import CKernels

/// The vector loops compiled for one instruction set.
///
/// All sets give the same bits; ``best`` is the fastest that this CPU has. Loops work on blocks of float32 elements
/// in memory that the caller owns, and are called once per block, never per element.
public struct VectorKernels: Sendable {
  // A table of functions that lives as long as the program.
  nonisolated(unsafe) let table: UnsafePointer<braid_kernels>

  /// The fastest loops that this CPU can run.
  public static let best = VectorKernels(table: braid_kernels_best())

  private init(table: UnsafePointer<braid_kernels>) { self.table = table }

  /// The loops for every instruction set that this CPU has, slowest first.
  public static var all: [VectorKernels] {
    (0...2).compactMap { braid_kernels_for($0).map(VectorKernels.init(table:)) }
  }

  /// The instruction set's name.
  public var name: String { String(String(cString: table.pointee.name).drop { $0 == "_" }) }
}
