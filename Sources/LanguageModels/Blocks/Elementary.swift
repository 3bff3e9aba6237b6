#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// e to the power of a number, in float64.
func exponential(_ x: Double) -> Double { exp(x) }

/// The natural logarithm, in float64.
func logarithm(_ x: Double) -> Double { log(x) }
