/// What the numbers and bytes of a column stand for.
///
/// Decimals, dates and times become the texts that Python prints for them: that is what a task's template sees of the
/// values that the `datasets` library reads.
enum ColumnMeaning {
  /// The numbers and bytes as they are.
  case plain
  /// A whole number without a sign, in 32 bits.
  case unsigned
  /// A whole number over a power of ten.
  case decimal(scale: Int)
  /// Days since 1970.
  case date
  /// The time of a day, in so many parts of a second.
  case time(perSecond: Int64)
  /// A point in time since 1970, in so many parts of a second.
  case timestamp(perSecond: Int64, isUniversal: Bool)

  /// The largest scale; the widest decimals have 76 digits.
  private static let largestScale = 76

  init(_ element: ParquetMetadata.Element) throws(ParquetFault) {
    let units: [Int: Int64] = [1: 1000, 2: 1_000_000, 3: 1_000_000_000]
    let unit = element.timeUnit.flatMap { units[$0] }
    // The older names beside the newer ones, which say more.
    switch (element.logicalType, element.convertedType) {
    case (5?, _), (nil, 5?):
      guard (0...Self.largestScale).contains(element.scale) else {
        throw ParquetFault("decimals have \(element.scale) digits behind the point")
      }
      self = .decimal(scale: element.scale)
    case (6?, _), (nil, 6?): self = .date
    case (7?, _), (nil, 7?), (nil, 8?):
      self = .time(perSecond: unit ?? (element.convertedType == 7 ? 1000 : 1_000_000))
    case (8?, _), (nil, 9?), (nil, 10?):
      self = .timestamp(
        perSecond: unit ?? (element.convertedType == 9 ? 1000 : 1_000_000),
        isUniversal: element.logicalType == nil || element.isUniversal)
    default:
      // Wider numbers without a sign are read as those with one.
      let isUnsigned = element.type == 1 && element.convertedType.map { (11...14).contains($0) } ?? false
      self = isUnsigned ? .unsigned : .plain
    }
  }

  /// The value of a whole number.
  func value(_ number: Int64) throws(ParquetFault) -> DataValue {
    switch self {
    case .plain: return .integer(Int(number))
    case .unsigned: return .integer(Int(UInt32(truncatingIfNeeded: number)))
    case .decimal(let scale):
      return .text(Self.decimal(digits: String(number.magnitude), isNegative: number < 0, scale: scale))
    case .date: return .text(try Self.day(number))
    case .time(let perSecond):
      let seconds = number / perSecond
      guard (0..<86_400).contains(seconds), number >= 0 else { throw ParquetFault("a time lies outside the day") }
      // Python's times have no parts below the microsecond.
      let part = perSecond == 1_000_000_000 ? number % perSecond / 1000 : number % perSecond
      return .text(Self.clock(seconds) + Self.fraction(part, perSecond: min(perSecond, 1_000_000)))
    case .timestamp(let perSecond, let isUniversal):
      var (seconds, part) = number.quotientAndRemainder(dividingBy: perSecond)
      if part < 0 { (seconds, part) = (seconds - 1, part + perSecond) }
      var (days, clock) = seconds.quotientAndRemainder(dividingBy: 86_400)
      if clock < 0 { (days, clock) = (days - 1, clock + 86_400) }
      return .text(
        "\(try Self.day(days)) \(Self.clock(clock))\(Self.fraction(part, perSecond: perSecond))"
          + (isUniversal ? "+00:00" : ""))
    }
  }

  /// The value of some bytes.
  func value(_ bytes: ArraySlice<UInt8>) throws(ParquetFault) -> DataValue {
    guard case .decimal(let scale) = self else { return .text(String(decoding: bytes, as: UTF8.self)) }
    guard (1...32).contains(bytes.count) else { throw ParquetFault("a decimal has \(bytes.count) bytes") }
    let isNegative = bytes.first.map { $0 & 0x80 != 0 } ?? false
    var magnitude = Array(bytes)
    if isNegative {
      // The two's complement, from the lowest byte on.
      var carries = true
      for place in magnitude.indices.reversed() {
        magnitude[place] = ~magnitude[place] &+ (carries ? 1 : 0)
        carries = carries && magnitude[place] == 0
      }
    }
    return .text(Self.decimal(digits: Self.digits(magnitude), isNegative: isNegative, scale: scale))
  }

  /// The decimal digits of a number in bytes, the highest first.
  private static func digits(_ bytes: [UInt8]) -> String {
    var number = bytes
    var digits: [UInt8] = []
    repeat {
      var remainder = 0
      for place in number.indices {
        let value = remainder << 8 | Int(number[place])
        number[place] = UInt8(value / 10)
        remainder = value % 10
      }
      digits.append(UInt8(ascii: "0") + UInt8(remainder))
    } while number.contains { $0 != 0 }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }

  /// A decimal as Python prints it: with an exponent if the first digit stands more than six places behind the point.
  private static func decimal(digits: String, isNegative: Bool, scale: Int) -> String {
    let sign = isNegative ? "-" : ""
    let before = digits.count - scale
    if scale == 0 { return sign + digits }
    if before > 0 { return sign + digits.prefix(before) + "." + digits.suffix(scale) }
    if before > -6 { return sign + "0." + String(repeating: "0", count: -before) + digits }
    let rest = digits.dropFirst()
    return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "E\(before - 1)"
  }

  /// A day of the years that Python has, from the number of days since 1970.
  ///
  /// Source: the civil calendar, counted in eras of 400 years that begin in March.
  static func day(_ days: Int64) throws(ParquetFault) -> String {
    guard (-719_162...2_932_896).contains(days) else { throw ParquetFault("a date lies outside the years 1 to 9999") }
    let shifted = Int(days) + 719_468
    let (era, day) = (shifted / 146_097, shifted % 146_097)
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let civilMonth = month < 10 ? month + 3 : month - 9
    let civilYear = era * 400 + year + (civilMonth <= 2 ? 1 : 0)
    return padded(civilYear, 4) + "-" + padded(civilMonth, 2) + "-" + padded(dayOfYear - (153 * month + 2) / 5 + 1, 2)
  }

  private static func clock(_ seconds: Int64) -> String {
    padded(Int(seconds / 3600), 2) + ":" + padded(Int(seconds / 60 % 60), 2) + ":" + padded(Int(seconds % 60), 2)
  }

  /// Nothing, or six digits, or nine where there are nanoseconds.
  private static func fraction(_ part: Int64, perSecond: Int64) -> String {
    guard part > 0 else { return "" }
    let nanoseconds = part * (1_000_000_000 / perSecond)
    return nanoseconds % 1000 == 0 ? "." + padded(Int(nanoseconds / 1000), 6) : "." + padded(Int(nanoseconds), 9)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
