/// Damages files; the same seed and number always do the same damage.
struct Mutator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, number: UInt64) {
    state = seed
    state = next() &+ number
  }

  /// splitmix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// One of the valid files, damaged in one to eight places; now and then its configuration instead.
  mutating func mutated(_ seeds: [Seed]) -> Seed {
    // First a format, then a file, so that a format with many files gets no more attention than the others.
    let formats = Set(seeds.map(\.format)).sorted()
    let format = pick(formats)
    let siblings = seeds.filter { $0.format == format }
    guard var seed = siblings.randomElement(using: &self) else { return seeds[0] }
    let other = siblings.randomElement(using: &self)?.bytes ?? []
    for _ in 0...below(8) {
      if let configuration = seed.configuration, below(8) == 0 {
        seed.configuration = damaged(configuration, other: configuration)
      } else {
        seed.bytes = damaged(seed.bytes, other: other)
      }
    }
    return seed
  }

  private mutating func damaged(_ bytes: [UInt8], other: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return other }
    var bytes = bytes
    let place = place(in: bytes)
    let run = place..<min(bytes.count, place + 1 + below(64))
    switch below(10) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
    case 2: bytes[place] = pick([0x00, 0x01, 0x7F, 0x80, 0xFF, 0x22, 0x2C, 0x2D, 0x2E, 0x39, 0x5B, 0x7B])
    case 3: bytes.insert(contentsOf: run.map { _ in UInt8(truncatingIfNeeded: next()) }, at: place)
    case 4: bytes.removeSubrange(run)
    case 5: bytes.insert(contentsOf: bytes[run], at: self.place(in: bytes))
    case 6: setInteger(in: &bytes, at: place)
    case 7: setNumber(in: &bytes, from: place)
    case 8: bytes.removeSubrange(place...)
    default: bytes = Array(bytes[..<place]) + other.dropFirst(below(other.count + 1))
    }
    return bytes
  }

  /// An integer of one to eight bytes becomes an extreme one.
  private mutating func setInteger(in bytes: inout [UInt8], at place: Int) {
    let extremes: [UInt64] = [
      0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 62, 1 << 63,
      .max >> 1, .max, .max - 7, UInt64(bytes.count), UInt64(bytes.count) + 1, UInt64(place),
    ]
    let value = pick(extremes)
    let width = pick([1, 2, 4, 8])
    let isBigEndian = below(4) == 0
    for i in 0..<min(width, bytes.count - place) {
      bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBigEndian ? width - 1 - i : i)))
    }
  }

  /// The next number in digits becomes an extreme one.
  private mutating func setNumber(in bytes: inout [UInt8], from place: Int) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    let texts = [
      "0", "1", "-1", "255", "65536", "2147483648", "4294967295", "4294967296", "9223372036854775807",
      "4611686018427387904", "18446744073709551615", "99999999999999999999999", "1e9", "\(bytes.count)",
    ]
    bytes.replaceSubrange(start..<end, with: Array(pick(texts).utf8))
  }

  /// A place in the file, mostly near its ends: that is where headers and directories are.
  private mutating func place(in bytes: [UInt8]) -> Int {
    let near = min(bytes.count, 1 << pick([5, 8, 11]))
    return switch below(4) {
    case 0: below(bytes.count)
    case 1: bytes.count - 1 - below(near)
    default: below(near)
    }
  }

  private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

  private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}
