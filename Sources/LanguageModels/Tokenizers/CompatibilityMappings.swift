/// What characters that differ in looks only, such as ligatures and full-width letters, stand for.
enum CompatibilityMappings {
  /// The scalars that a compatibility character stands for, or nil if it is none.
  static func mapping(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? { mappings[scalar] }

  private static let mappings: [Unicode.Scalar: [Unicode.Scalar]] = {
    var result: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    result.reserveCapacity(4096)
    for entry in table.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }) {
      guard let sign = entry.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ">") }) else { continue }
      let sources = entry[..<sign].split(separator: UInt8(ascii: "-")).compactMap(number)
      let targets = entry[entry.index(after: sign)...].split(separator: UInt8(ascii: "+")).compactMap(number)
      guard let first = sources.first, let last = sources.last, first <= last else { continue }
      let counts = entry[sign] == UInt8(ascii: ">")
      for source in first...last {
        guard let scalar = Unicode.Scalar(source) else { continue }
        result[scalar] = targets.compactMap { Unicode.Scalar(counts ? $0 + (source - first) : $0) }
      }
    }
    return result
  }()

  private static func number(_ digits: Substring.UTF8View) -> UInt32? { UInt32(Substring(digits), radix: 16) }
}
