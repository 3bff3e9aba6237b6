// Canonical forms are in the standard library, but only under this name; Foundation has them in its large part only.
@_spi(_Unicode) import Swift

/// Unicode's normal forms.
enum UnicodeForm: Sendable {
  /// NFC and NFD.
  case composed, decomposed
  /// NFKC and NFKD: characters that differ in looks only become the same.
  case compatibilityComposed, compatibilityDecomposed

  /// The form of a text.
  func scalars(of text: String) -> [Unicode.Scalar] {
    switch self {
    case .composed: Array(text._nfc)
    case .decomposed: Array(text._nfd)
    case .compatibilityComposed: Array(Self.plain(text)._nfc)
    case .compatibilityDecomposed: Array(Self.plain(text)._nfd)
    }
  }

  /// A text whose compatibility characters are replaced.
  private static func plain(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    // A character may be a canonical one whose parts are compatibility characters.
    for scalar in text._nfd {
      if scalar.value >= 0xA0, let mapping = CompatibilityMappings.mapping(of: scalar) {
        result.append(contentsOf: mapping)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// The form of a text given as valid UTF-8, added to `result`.
  ///
  /// Stretches that are their own form are copied; only what lies around the other characters is looked at closely.
  func append(_ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8], _ classes: ScalarClasses) {
    result.reserveCapacity(result.count + text.count)
    var position = 0
    while position < text.count {
      // A stretch of characters that stay, without the last one: the next may be composed with it.
      let start = position
      var last = position
      while position < text.count, staysAlone(at: position, text, classes) {
        last = position
        position += ScalarReader.length(text[position])
      }
      let end = position == text.count ? position : last
      if start < end { result.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<end])) }
      guard position < text.count else { return }
      // The characters that do not, up to the next one that does.
      while position < text.count, !staysAlone(at: position, text, classes) {
        position += ScalarReader.length(text[position])
      }
      for scalar in scalars(of: String(decoding: UnsafeBufferPointer(rebasing: text[end..<position]), as: UTF8.self)) {
        result.append(scalar)
      }
    }
  }

  @inline(__always)
  private func staysAlone(at position: Int, _ text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses) -> Bool {
    if text[position] < 0x80 { return true }
    return self == .composed && classes.at(position, text).classes.contains(.composed)
  }
}
