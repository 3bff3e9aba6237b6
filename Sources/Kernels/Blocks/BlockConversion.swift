internal import CKernels
public import Tensors

extension VectorKernels {
  /// Converts elements stored in blocks to float32.
  ///
  /// Gives the bits of ggml's reference: every product and sum is rounded once, to float32.
  ///
  /// - Parameters:
  ///   - source: the blocks, at any address.
  ///   - count: how many elements; a multiple of what a block has.
  ///   - destination: room for `count` elements.
  public func toFloat32(
    from source: UnsafeRawPointer, blocks: BlockFormat, count: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    dequantization(of: blocks)(bytes, destination, count / blocks.elementsPerBlock)
  }

  /// Converts float32 elements to blocks.
  ///
  /// A scale that float16 cannot hold is stored as infinity. A block with an infinity or a NaN among its elements gets
  /// NaN as its scale, so that all of it is read as NaN.
  ///
  /// - Parameters:
  ///   - source: the elements.
  ///   - blocks: one of ``BlockFormat/canQuantize``.
  ///   - count: how many elements; a multiple of what a block has.
  ///   - destination: room for the blocks, at any address.
  public func fromFloat32(
    _ source: UnsafePointer<Float>, blocks: BlockFormat, count: Int, into destination: UnsafeMutableRawPointer
  ) {
    precondition(BlockFormat.canQuantize.contains(blocks), "\(blocks.rawValue) can only be read")
    let bytes = destination.assumingMemoryBound(to: UInt8.self)
    quantization(to: blocks)?(source, bytes, count / blocks.elementsPerBlock)
  }

  private typealias Dequantization = @convention(c) (UnsafePointer<UInt8>?, UnsafeMutablePointer<Float>?, Int) -> Void

  private func dequantization(of format: BlockFormat) -> Dequantization {
    let kernels = table.pointee
    return switch format {
    case .q4_0: kernels.float32_from_q4_0
    case .q4_1: kernels.float32_from_q4_1
    case .q5_0: kernels.float32_from_q5_0
    case .q5_1: kernels.float32_from_q5_1
    case .q8_0: kernels.float32_from_q8_0
    case .q2_K: kernels.float32_from_q2_k
    case .q3_K: kernels.float32_from_q3_k
    case .q4_K: kernels.float32_from_q4_k
    case .q5_K: kernels.float32_from_q5_k
    case .q6_K: kernels.float32_from_q6_k
    case .iq4_NL: kernels.float32_from_iq4_nl
    case .iq4_XS: kernels.float32_from_iq4_xs
    }
  }

  private typealias Quantization = @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<UInt8>?, Int) -> Void

  private func quantization(to format: BlockFormat) -> Quantization? {
    let kernels = table.pointee
    return switch format {
    case .q4_0: kernels.q4_0_from_float32
    case .q4_1: kernels.q4_1_from_float32
    case .q5_0: kernels.q5_0_from_float32
    case .q5_1: kernels.q5_1_from_float32
    case .q8_0: kernels.q8_0_from_float32
    case .q4_K: kernels.q4_k_from_float32
    case .q6_K: kernels.q6_k_from_float32
    case .q2_K, .q3_K, .q5_K, .iq4_NL, .iq4_XS: nil
    }
  }
}

extension BlockFormat {
  /// The formats that can be written as well as read.
  public static let canQuantize: [BlockFormat] = [.q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_K, .q6_K]
}
