/// How many representable numbers lie between two: zero for equal ones (of either zero), the largest integer if one
/// of them is not a number and the other is.
public func ulpDistance(_ a: Float, _ b: Float) -> Int {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : .max }
  return abs(ordinal(Int(a.bitPattern), signBit: 1 << 31) - ordinal(Int(b.bitPattern), signBit: 1 << 31))
}

/// The distance in steps between two bfloat16 numbers, given as bit patterns; see the one for `Float`.
public func ulpDistance(bfloat16 a: UInt16, _ b: UInt16) -> Int {
  ulpDistance16(a, b, infinity: 0x7F80)
}

/// The distance in steps between two float16 numbers, given as bit patterns; see the one for `Float`.
public func ulpDistance(float16 a: UInt16, _ b: UInt16) -> Int {
  ulpDistance16(a, b, infinity: 0x7C00)
}

private func ulpDistance16(_ a: UInt16, _ b: UInt16, infinity: UInt16) -> Int {
  let aIsNaN = a & 0x7FFF > infinity
  let bIsNaN = b & 0x7FFF > infinity
  if aIsNaN || bIsNaN { return aIsNaN && bIsNaN ? 0 : .max }
  return abs(ordinal(Int(a), signBit: 1 << 15) - ordinal(Int(b), signBit: 1 << 15))
}

/// The number's place among all numbers of its format, zero for zero.
private func ordinal(_ pattern: Int, signBit: Int) -> Int {
  pattern & signBit == 0 ? pattern : -(pattern & ~signBit)
}
