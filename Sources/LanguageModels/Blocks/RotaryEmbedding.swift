internal import CKernels
internal import Kernels
private import Synchronization

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Cosines and sines of the angles by which queries and keys are turned at each position.
///
/// Unchecked: the memory is filled when the table is made, and only read afterwards.
final class RotaryTable: @unchecked Sendable {
  /// The positions from zero that the table has.
  let count: Int
  private let half: Int
  private let memory: AlignedMemory

  init(frequencies: [Float], factor: Float, count: Int) {
    half = frequencies.count
    self.count = count
    memory = AlignedMemory(byteCount: 2 * count * half * 4)
    let values = memory.floats
    for position in 0..<count {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Float(position) * frequency
        values[2 * position * half + index] = cosf(angle) * factor
        values[(2 * position + 1) * half + index] = sinf(angle) * factor
      }
    }
  }

  /// Turns vectors that follow each other: element i with element i + half by the position times frequency i.
  func rotate(_ vectors: UnsafeMutablePointer<Float>, heads: Int, headSize: Int, position: Int) {
    let angles = memory.floats + 2 * position * half
    braid_lm_rotate(vectors, heads, headSize, angles, angles + half, half)
  }
}

/// Rotary position embedding, with tables made for the lengths that occur.
final class RotaryEmbedding: Sendable {
  let scaling: RotaryScaling
  private let base: Double
  private let size: Int
  private let tables = Mutex<[Int: RotaryTable]>([:])

  init(base: Double, size: Int, scaling: RotaryScaling) {
    self.base = base
    self.size = size
    self.scaling = scaling
  }

  /// Which table sequences of this length use; sequences can share keys only within one regime.
  func regime(length: Int) -> Int { scaling.regime(length: length) }

  /// The table for sequences of this length, with at least so many positions.
  func table(length: Int) -> RotaryTable {
    let regime = regime(length: length)
    return tables.withLock { tables in
      if let table = tables[regime], table.count >= length { return table }
      // Dynamic scaling has a table for every length; only the latest few are worth their memory.
      if tables.count >= 16 { tables.removeAll() }
      let count = max(length, 256, 2 * (tables[regime]?.count ?? 0))
      let table = RotaryTable(
        frequencies: scaling.frequencies(base: base, size: size, regime: regime), factor: scaling.attentionFactor,
        count: count)
      tables[regime] = table
      return table
    }
  }
}

extension RotaryEmbedding {
  /// Reads the positions' part of a configuration in both of its dialects: `rope_parameters`, or `rope_theta` and
  /// `rope_scaling`.
  convenience init(_ configuration: ModelValue, headSize: Int, maximumLength: Int) throws(ModelError) {
    let parameters = configuration["rope_parameters"] ?? configuration["rope_scaling"]
    let base =
      try (parameters?["rope_theta"] ?? configuration["rope_theta"])?.number(positive: true) ?? 10000
    if let partial = parameters?["partial_rotary_factor"] ?? configuration["partial_rotary_factor"],
      try partial.number() != 1
    {
      throw partial.failure("rotating only a part of each head is not supported for this architecture")
    }
    self.init(
      base: base, size: headSize,
      scaling: try parameters.map { (value) throws(ModelError) in
        try RotaryScaling(value, configuration: configuration, headSize: headSize, maximumLength: maximumLength)
      } ?? .none)
  }
}

extension RotaryScaling {
  fileprivate init(
    _ value: ModelValue, configuration: ModelValue, headSize: Int, maximumLength: Int
  ) throws(ModelError) {
    guard value["rope_type"] ?? value["type"] != nil else {
      self = .none
      return
    }
    let kind: Kind = try value.kind(value["rope_type"] != nil ? "rope_type" : "type", of: "rotary scaling")
    let lengths = 1...(1 << 40)
    let original =
      try (configuration["original_max_position_embeddings"] ?? value["original_max_position_embeddings"])?
      .integer(in: lengths) ?? maximumLength
    switch kind {
    case .none: self = .none
    case .linear: self = .linear(factor: Float(try value.member("factor").number(positive: true)))
    case .dynamic:
      guard headSize > 2 else { throw value.failure("dynamic scaling needs heads of more than two elements") }
      self = .dynamic(factor: try value.member("factor").number(positive: true), original: maximumLength)
    case .llama3:
      let low = try value.member("low_freq_factor").number(positive: true)
      let high = try value.member("high_freq_factor")
      guard try high.number(positive: true) > low else {
        throw high.failure("expected a number above low_freq_factor, which is \(low)")
      }
      self = .llama3(
        factor: Float(try value.member("factor").number(positive: true)), low: Float(low),
        high: Float(try high.number()),
        original: Float(original))
    case .yarn:
      let factor = try value["factor"]?.number(positive: true) ?? Double(maximumLength) / Double(original)
      func scale(_ weight: Double) -> Double { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
      var attention = scale(1)
      if let all = value["mscale_all_dim"], try all.number() != 0 {
        let weight = try value.number("mscale", default: 0)
        if weight != 0 { attention = scale(weight) / scale(try all.number()) }
      }
      self = .yarn(
        factor: factor, fast: try value.number("beta_fast", positive: true, default: 32),
        slow: try value.number("beta_slow", positive: true, default: 1), original: Double(original),
        truncates: try value.bool("truncate", default: true),
        attention: try value.number("attention_factor", default: attention))
    case .longrope:
      let factor = try value["factor"]?.number(positive: true) ?? Double(maximumLength) / Double(original)
      let attention = factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
      self = .longrope(
        short: try value.member("short_factor").factors(headSize / 2),
        long: try value.member("long_factor").factors(headSize / 2), original: original,
        attention: try value.number("attention_factor", default: attention))
    }
  }
}

extension ModelValue {
  fileprivate func factors(_ count: Int) throws(ModelError) -> [Float] {
    var factors: [Float] = []
    for element in try elements() { factors.append(Float(try element.number(positive: true))) }
    guard factors.count == count else { throw failure("expected \(count) factors, found \(factors.count)") }
    return factors
  }
}
