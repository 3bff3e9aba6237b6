/// A moment as `strftime_now` prints it: the caller gives it, so that a rendering can be repeated.
public struct TemplateClock: Hashable, Sendable {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int

  /// A moment of the Gregorian calendar; what lies outside a field's range is brought to its nearest end.
  public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = min(max(year, 1), 9999)
    self.month = min(max(month, 1), 12)
    self.day = min(max(day, 1), 31)
    self.hour = min(max(hour, 0), 23)
    self.minute = min(max(minute, 0), 59)
    self.second = min(max(second, 0), 59)
  }

  /// The moment so many seconds after the start of 1970, in universal time.
  public init(secondsSince1970 seconds: Int) {
    let day = (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400
    let rest = (seconds % 86_400 + 86_400) % 86_400
    // Days since the first of March of year 0, in eras of 400 years.
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    self.init(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  private var dayOfYear: Int {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return before + day + (isLeap && month > 2 ? 1 : 0)
  }

  private var weekday: Int {
    let before = year - 1
    return (before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear) % 7
  }

  /// The moment in the words of a `strftime` format; an unknown directive is a fault.
  func text(_ format: String) throws(Fault) -> String {
    var result = ""
    var scalars = format.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      guard var directive = scalars.next() else { throw Fault("the date format ends with \"%\"") }
      let isBare = directive == "-"
      if isBare {
        guard let next = scalars.next() else { throw Fault("the date format ends with \"%-\"") }
        directive = next
      }
      let number = { (value: Int, width: Int) -> String in
        let digits = String(value)
        return isBare ? digits : String(repeating: "0", count: max(0, width - digits.count)) + digits
      }
      let halfDay = hour % 12 == 0 ? 12 : hour % 12
      switch directive {
      case "Y": result += number(year, 4)
      case "y": result += number(year % 100, 2)
      case "m": result += number(month, 2)
      case "d": result += number(day, 2)
      case "e": result += day < 10 && !isBare ? " \(day)" : "\(day)"
      case "H": result += number(hour, 2)
      case "I": result += number(halfDay, 2)
      case "M": result += number(minute, 2)
      case "S": result += number(second, 2)
      case "f": result += "000000"
      case "j": result += number(dayOfYear, 3)
      case "p": result += hour < 12 ? "AM" : "PM"
      case "B": result += Self.months[month - 1]
      case "b", "h": result += String(Self.months[month - 1].prefix(3))
      case "A": result += Self.weekdays[weekday]
      case "a": result += String(Self.weekdays[weekday].prefix(3))
      case "w": result += "\(weekday)"
      case "u": result += "\(weekday == 0 ? 7 : weekday)"
      case "F": result += try text("%Y-%m-%d")
      case "T", "X": result += try text("%H:%M:%S")
      case "R": result += try text("%H:%M")
      case "D", "x": result += try text("%m/%d/%y")
      case "c": result += try text("%a %b %e %H:%M:%S %Y")
      case "n": result += "\n"
      case "t": result += "\t"
      case "z", "Z": break
      case "%": result += "%"
      default: throw Fault("the date format has no directive \"%\(directive)\"")
      }
    }
    return result
  }
}
