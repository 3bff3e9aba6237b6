internal import CKernels
public import Tensors

extension VectorKernels {
  /// Converts stored elements to float32.
  ///
  /// Exact for every type of at most 16 bits and for float32; float64 and wide integers are rounded to nearest, ties
  /// to even.
  ///
  /// - Parameters:
  ///   - source: `count` little-endian elements of type `dtype`, aligned to their size.
  ///   - destination: room for `count` elements.
  public func toFloat32(
    from source: UnsafeRawPointer, dtype: DType, count: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    let kernels = table.pointee
    switch dtype {
    case .bool, .uint8: kernels.float32_from_uint8(source.bound(), destination, count)
    case .int8: kernels.float32_from_int8(source.bound(), destination, count)
    case .uint16: kernels.float32_from_uint16(source.bound(), destination, count)
    case .int16: kernels.float32_from_int16(source.bound(), destination, count)
    case .uint32: kernels.float32_from_uint32(source.bound(), destination, count)
    case .int32: kernels.float32_from_int32(source.bound(), destination, count)
    case .uint64: kernels.float32_from_uint64(source.bound(), destination, count)
    case .int64: kernels.float32_from_int64(source.bound(), destination, count)
    case .float8E4M3: kernels.float32_from_float8e4m3(source.bound(), destination, count)
    case .float8E5M2: kernels.float32_from_float8e5m2(source.bound(), destination, count)
    case .float16: kernels.float32_from_float16(source.bound(), destination, count)
    case .bfloat16: kernels.float32_from_bfloat16(source.bound(), destination, count)
    case .float64: kernels.float32_from_float64(source.bound(), destination, count)
    case .float32: UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: count * 4)
    }
  }

  /// Converts float32 elements to a stored type.
  ///
  /// Floating-point types are rounded to nearest, ties to even; what is too large becomes infinity, or NaN in
  /// float8 e4m3, which has none; NaN stays NaN. Integers are rounded towards zero and clamped, NaN becomes zero.
  public func fromFloat32(
    _ source: UnsafePointer<Float>, dtype: DType, count: Int, into destination: UnsafeMutableRawPointer
  ) {
    let kernels = table.pointee
    switch dtype {
    case .bool: truncate(source, count, into: destination) { (value: Float) -> UInt8 in value == 0 ? 0 : 1 }
    case .uint8: truncate(source, count, into: destination, UInt8.init(clamping:))
    case .int8: truncate(source, count, into: destination, Int8.init(clamping:))
    case .uint16: truncate(source, count, into: destination, UInt16.init(clamping:))
    case .int16: truncate(source, count, into: destination, Int16.init(clamping:))
    case .uint32: truncate(source, count, into: destination, UInt32.init(clamping:))
    case .int32: truncate(source, count, into: destination, Int32.init(clamping:))
    case .uint64: truncate(source, count, into: destination) { $0 > 0 ? ($0 < 0x1p64 ? UInt64($0) : .max) : 0 }
    case .int64: truncate(source, count, into: destination, clampedToInt64)
    case .float8E4M3: kernels.float8e4m3_from_float32(source, destination.bound(), count)
    case .float8E5M2: kernels.float8e5m2_from_float32(source, destination.bound(), count)
    case .float16: kernels.float16_from_float32(source, destination.bound(), count)
    case .bfloat16: kernels.bfloat16_from_float32(source, destination.bound(), count)
    case .float64: kernels.float64_from_float32(source, destination.bound(), count)
    case .float32: destination.copyMemory(from: source, byteCount: count * 4)
    }
  }

  private func truncate<Element: FixedWidthInteger>(
    _ source: UnsafePointer<Float>, _ count: Int, into destination: UnsafeMutableRawPointer,
    _ narrow: (Int64) -> Element
  ) {
    truncate(source, count, into: destination) { narrow(clampedToInt64($0)) }
  }

  private func truncate<Element: FixedWidthInteger>(
    _ source: UnsafePointer<Float>, _ count: Int, into destination: UnsafeMutableRawPointer,
    _ convert: (Float) -> Element
  ) {
    let elements = destination.bindMemory(to: Element.self, capacity: count)
    for i in 0..<count { elements[i] = convert(source[i]) }
  }
}

private func clampedToInt64(_ value: Float) -> Int64 {
  if value.isNaN { return 0 }
  return value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int64(value)
}

extension UnsafeRawPointer {
  fileprivate func bound<Element>() -> UnsafePointer<Element> { assumingMemoryBound(to: Element.self) }
}

extension UnsafeMutableRawPointer {
  fileprivate func bound<Element>() -> UnsafeMutablePointer<Element> { assumingMemoryBound(to: Element.self) }
}
