/// CPython's random numbers: the Mersenne Twister MT19937, seeded and read as the module `random` does it.
///
/// lm-evaluation-harness draws its few-shot examples and its bootstrap samples with it, so that equal prompts and
/// equal standard errors need equal draws, to the bit. Source: Matsumoto & Nishimura 1998; CPython's documentation and
/// recorded outputs.
package struct MersenneTwister: Sendable {
  private static let size = 624
  private static let middle = 397

  private var state: [UInt32]
  private var position = MersenneTwister.size

  /// Starts from an integer, as `random.Random(seed)` does: from the 32-bit words of its magnitude.
  package init(seed: Int) {
    var magnitude = seed.magnitude
    var key: [UInt32] = []
    repeat {
      key.append(UInt32(truncatingIfNeeded: magnitude))
      magnitude >>= 32
    } while magnitude > 0
    state = Self.linear(seed: 19_650_218)
    var (i, j) = (1, 0)
    for _ in 0..<max(Self.size, key.count) {
      let previous = state[i - 1] ^ (state[i - 1] >> 30)
      state[i] = (state[i] ^ (previous &* 1_664_525)) &+ key[j] &+ UInt32(j)
      (i, j) = (i + 1, (j + 1) % key.count)
      wrap(&i)
    }
    for _ in 0..<(Self.size - 1) {
      let previous = state[i - 1] ^ (state[i - 1] >> 30)
      state[i] = (state[i] ^ (previous &* 1_566_083_941)) &- UInt32(i)
      i += 1
      wrap(&i)
    }
    state[0] = 0x8000_0000
  }

  private mutating func wrap(_ index: inout Int) {
    guard index >= Self.size else { return }
    state[0] = state[Self.size - 1]
    index = 1
  }

  private static func linear(seed: UInt32) -> [UInt32] {
    var state = [UInt32](repeating: seed, count: size)
    for index in 1..<size {
      let previous = state[index - 1] ^ (state[index - 1] >> 30)
      state[index] = 1_812_433_253 &* previous &+ UInt32(index)
    }
    return state
  }

  // MARK: Numbers

  /// The next 32 random bits.
  package mutating func word() -> UInt32 {
    if position >= Self.size { refill() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C_5680
    word ^= (word << 15) & 0xEFC6_0000
    return word ^ (word >> 18)
  }

  private mutating func refill() {
    for index in 0..<Self.size {
      let next = state[(index + 1) % Self.size]
      let bits = (state[index] & 0x8000_0000) | (next & 0x7FFF_FFFF)
      let shifted = (bits >> 1) ^ (bits & 1 == 1 ? 0x9908_B0DF : 0)
      state[index] = state[(index + Self.middle) % Self.size] ^ shifted
    }
    position = 0
  }

  /// `random()`: a double from zero up to one, of 53 bits.
  package mutating func unit() -> Double {
    let high = Double(word() >> 5)
    let low = Double(word() >> 6)
    return (high * 67_108_864 + low) * (1 / 9_007_199_254_740_992)
  }

  /// `randrange(limit)` for limits of up to 32 bits: the top bits of a word, until they are below the limit.
  package mutating func index(below limit: Int) -> Int {
    let bits = UInt32(Int.bitWidth - limit.leadingZeroBitCount)
    var value: Int
    repeat { value = Int(word() >> (32 - bits)) } while value >= limit
    return value
  }

  /// `sample(range(count), k=wanted)`: so many different indices in random order; nil if there are not so many.
  package mutating func sample(_ wanted: Int, from count: Int) -> [Int]? {
    guard wanted >= 0, wanted <= count, count <= Int(UInt32.max) else { return nil }
    // CPython decides by what takes less memory: a copy of the pool, or a set of what was chosen.
    var poolSize = 21
    if wanted > 5 {
      var power = 1
      while power < wanted * 3 { power *= 4 }
      poolSize += power
    }
    if count <= poolSize {
      var pool = Array(0..<count)
      return (0..<wanted).map { drawn in
        let place = index(below: count - drawn)
        let chosen = pool[place]
        pool[place] = pool[count - drawn - 1]
        return chosen
      }
    }
    var seen: Set<Int> = []
    return (0..<wanted).map { _ in
      var chosen: Int
      repeat { chosen = index(below: count) } while !seen.insert(chosen).inserted
      return chosen
    }
  }

  /// `choices(range(count), k=1)`: an index, with replacement.
  package mutating func choice(from count: Int) -> Int { Int(unit() * Double(count)) }

  /// `shuffle`: puts elements into a random order, in place.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for place in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(place, index(below: place + 1))
    }
  }
}
