import Documents
import Testing

@Suite struct ByteCountTests {
  @Test func `three digits and a unit`() {
    let cases: [(Int, String)] = [
      (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9994, "9.99 kB"),
      (9995, "10.0 kB"),
      (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (2_147_483_648, "2.15 GB"),
      (5_000_000_000_000, "5.00 TB"), (Int.max, "9223372 TB"),
    ]
    for (bytes, text) in cases { #expect(ByteCount.text(bytes) == text) }
  }

  @Test func `decimal and binary units are read`() {
    let cases: [(String, Int?)] = [
      ("64MB", 64_000_000), ("1GiB", 1 << 30), ("1gib", 1 << 30), ("5B", 5), ("5", 5), ("1.5 G", 1_500_000_000),
      ("2k", 2000), ("2KiB", 2048), ("0", 0), (".5kB", 500), ("", nil), ("MB", nil), ("-1MB", nil), ("1.2.3", nil),
      ("5XB", nil), ("1e3", nil), ("99999999TB", nil), ("٣MB", nil),
    ]
    for (text, bytes) in cases { #expect(ByteCount.parse(text) == bytes, "\(text)") }
  }

  @Test func `decimals are rounded, halves away from zero`() {
    let cases: [(Double, Int, String)] = [
      (0.7475, 3, "0.748"), (0.0625, 3, "0.063"), (-0.0625, 3, "-0.063"), (1.25, 1, "1.3"), (-0.001, 2, "0.00"),
      (0, 0, "0"), (2.5, 0, "3"),
      (12.0, 2, "12.00"), (.nan, 2, "nan"), (.infinity, 1, "inf"), (-.infinity, 1, "-inf"), (1e18, 1, "1e+18"),
    ]
    for (value, decimals, text) in cases { #expect(Decimal.text(value, decimals: decimals) == text) }
  }
}
