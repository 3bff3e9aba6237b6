#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#else
  private import Darwin
#endif

/// The elementary functions that coefficients need, in float64.
///
/// They come from the C library, whose last bit may differ between versions; coefficients are rounded to float32
/// before they touch a tensor, which all but hides it.
enum Elementary {
  static func sin(_ x: Double) -> Double {
    #if canImport(Glibc)
      Glibc.sin(x)
    #elseif canImport(Musl)
      Musl.sin(x)
    #else
      Darwin.sin(x)
    #endif
  }

  static func cos(_ x: Double) -> Double {
    #if canImport(Glibc)
      Glibc.cos(x)
    #elseif canImport(Musl)
      Musl.cos(x)
    #else
      Darwin.cos(x)
    #endif
  }

  static func arccos(_ x: Double) -> Double {
    #if canImport(Glibc)
      Glibc.acos(x)
    #elseif canImport(Musl)
      Musl.acos(x)
    #else
      Darwin.acos(x)
    #endif
  }

  static func exp(_ x: Double) -> Double {
    #if canImport(Glibc)
      Glibc.exp(x)
    #elseif canImport(Musl)
      Musl.exp(x)
    #else
      Darwin.exp(x)
    #endif
  }

  static func log(_ x: Double) -> Double {
    #if canImport(Glibc)
      Glibc.log(x)
    #elseif canImport(Musl)
      Musl.log(x)
    #else
      Darwin.log(x)
    #endif
  }
}
