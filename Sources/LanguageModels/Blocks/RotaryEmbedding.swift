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

  /// The table for sequences of this length, with at least so many positions.
  func table(length: Int) -> RotaryTable {
    let regime = scaling.regime(length: length)
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

/// The rotations of a model: one for all layers, or one for each kind of layer.
struct RotaryEmbeddings: Sendable {
  let kinds: [RotaryEmbedding]

  /// Which tables sequences of this length use; sequences can share keys only within one regime.
  func regime(length: Int) -> Int {
    var regime = 0
    for (number, kind) in kinds.enumerated() {
      let own = kind.scaling.regime(length: length)
      // Scaling by the length itself makes every length a regime of its own.
      if own > 1 { return length << 8 }
      regime |= own << number
    }
    return regime
  }

  /// The tables for sequences of this length, with at least so many positions.
  func table(length: Int) -> RotaryTables { RotaryTables(kinds: kinds.map { $0.table(length: length) }) }
}

/// The angles of a sequence's positions, for each rotation of the model.
struct RotaryTables: Sendable {
  let kinds: [RotaryTable]

  subscript(_ kind: Int) -> RotaryTable { kinds[kind] }
}

extension RotaryEmbedding {
  /// Reads a rotation from its parameters, which may be absent.
  ///
  /// - Parameters:
  ///   - parameters: `rope_parameters` or `rope_scaling`, or one layer type's part of them.
  ///   - base: the base where the parameters have none.
  ///   - share: the share of each head that is turned, where the parameters have none.
  convenience init(
    _ parameters: ModelValue?, base: Double, share: Double, configuration: ModelValue, headSize: Int,
    maximumLength: Int
  ) throws(ModelError) {
    let share = try parameters?["partial_rotary_factor"]?.number(positive: true) ?? share
    let size = share <= 1 ? Int(Double(headSize) * share) : 0
    guard size >= 2, size % 2 == 0 else {
      throw (parameters ?? configuration).failure(
        "a share of \(share) of the \(headSize) elements of a head cannot be turned in pairs")
    }
    self.init(
      base: try parameters?["rope_theta"]?.number(positive: true) ?? base, size: size,
      scaling: try parameters.map { (value) throws(ModelError) in
        try RotaryScaling(value, configuration: configuration, size: size, maximumLength: maximumLength)
      } ?? .none)
  }
}

extension RotaryScaling {
  fileprivate init(
    _ value: ModelValue, configuration: ModelValue, size: Int, maximumLength: Int
  ) throws(ModelError) {
    guard value["rope_type"] ?? value["type"] != nil else {
      self = .none
      return
    }
    let key = value["rope_type"] != nil ? "rope_type" : "type"
    var kind = Kind.longrope
    // Phi-3 has called its scaling "su" and, though it is another one, "yarn".
    let isOlderLongrope = try value.string(key) == "su" || value["long_factor"] != nil
    if !isOlderLongrope { kind = try value.kind(key, of: "rotary scaling") }
    let lengths = 1...(1 << 40)
    let original =
      try (configuration["original_max_position_embeddings"] ?? value["original_max_position_embeddings"])?
      .integer(in: lengths) ?? maximumLength
    switch kind {
    case .none: self = .none
    case .linear: self = .linear(factor: Float(try value.member("factor").number(positive: true)))
    case .dynamic:
      guard size > 2 else { throw value.failure("dynamic scaling needs heads of more than two elements") }
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
        short: try value.member("short_factor").factors(size / 2),
        long: try value.member("long_factor").factors(size / 2), original: original,
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
