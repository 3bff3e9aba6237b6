/// The words of a text as contamination checks compare them: ASCII letters small, ASCII punctuation gone, cut at white
/// space.
///
/// Source: lm-evaluation-harness, `decontamination/janitor.py`; words are kept as 64-bit hashes.
struct NormalizedWords: Hashable, Sendable {
  private(set) var hashes: [UInt64] = []

  init(_ text: String) {
    var word = FNV1a()
    var isInside = false
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
    for scalar in text.unicodeScalars {
      if isBlank(scalar) {
        if isInside { hashes.append(word.value) }
        word = FNV1a()
        isInside = false
      } else if !scalar.isASCII || scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        word.combine(String(scalar).utf8.map { scalar.isASCII && scalar.properties.isUppercase ? $0 | 0x20 : $0 })
        isInside = true
      }
    }
    if isInside { hashes.append(word.value) }
  }

  init(hashes: [UInt64]) { self.hashes = hashes }

  var count: Int { hashes.count }

  /// The hash of every run of so many words, in order; none if the text is shorter.
  func runs(of length: Int) -> [UInt64] {
    guard length > 0, hashes.count >= length else { return [] }
    // A polynomial over the words' hashes: that of a run follows from that of the run before it.
    let base: UInt64 = 0x9E37_79B9_7F4A_7C15
    var power: UInt64 = 1
    for _ in 0..<length { power = power &* base }
    var value: UInt64 = 0
    var result: [UInt64] = []
    result.reserveCapacity(hashes.count - length + 1)
    for (index, hash) in hashes.enumerated() {
      value = value &* base &+ hash
      if index >= length { value = value &- hashes[index - length] &* power }
      if index >= length - 1 { result.append(value) }
    }
    return result
  }
}
