import CKernels
import Testing

/// The loops of language models against the same formulas in float64.
struct LanguageModelLoopTests {
  private static func numbers(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Float(state >> 40) / Float(1 << 23) - 1) * scale
    }
  }

  @Test(arguments: [1, 7, 16, 33, 128])
  func `root-mean-square norms and gates follow their formulas`(width: Int) {
    let x = Self.numbers(2 * width, seed: 1, scale: 3)
    let w = Self.numbers(2 * width, seed: 2)
    var out = [Float](repeating: 0, count: 2 * width)
    #expect(braid_lm_rms_norm(x, width, w, 1e-5, 2, width, &out, nil, width) == -1)
    for row in 0..<2 {
      let values = x[row * width..<(row + 1) * width].map(Double.init)
      let scale = 1 / (values.reduce(0) { $0 + $1 * $1 } / Double(width) + 1e-5).squareRoot()
      for i in 0..<width {
        #expect(abs(Double(out[row * width + i]) - values[i] * scale * Double(w[i])) < 1e-6)
      }
    }
    let gates = Self.numbers(2 * width, seed: 3, scale: 100)
    braid_lm_activate(BRAID_LM_SILU, gates, x, 2, width, &out, nil, width)
    for i in 0..<2 * width {
      let gate = Double(gates[i])
      let expected = gate / (1 + exponential(-gate)) * Double(x[i])
      #expect(abs(Double(out[i]) - expected) <= max(1e-6 * abs(expected), 1e-30))
    }
  }

  @Test func `a norm tells the first row that is not finite`() {
    var x = Self.numbers(4 * 20, seed: 1)
    x[2 * 20 + 17] = .nan
    x[3 * 20] = .infinity
    var out = [Float](repeating: 0, count: 80)
    let w = [Float](repeating: 1, count: 20)
    #expect(braid_lm_rms_norm(x, 20, w, 1e-5, 4, 20, &out, nil, 20) == 2)
  }

  @Test(arguments: [1, 16, 45])
  func `layer norms follow their formula`(width: Int) {
    let x = Self.numbers(width, seed: 1, scale: 3)
    let (w, b) = (Self.numbers(width, seed: 2), Self.numbers(width, seed: 3))
    var out = [Float](repeating: 0, count: width)
    #expect(braid_lm_layer_norm(x, width, w, b, 1e-5, 1, width, &out, nil, width) == -1)
    let mean = x.reduce(0.0) { $0 + Double($1) } / Double(width)
    let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(width)
    for i in 0..<width {
      let expected = (Double(x[i]) - mean) / (variance + 1e-5).squareRoot() * Double(w[i]) + Double(b[i])
      #expect(abs(Double(out[i]) - expected) < 2e-6)
    }
  }

  @Test func `activations follow their formulas`() {
    let x = (-160...160).map { Float($0) / 16 }
    var out = [Float](repeating: 0, count: x.count)
    func check(_ activation: braid_lm_activation, _ formula: (Double) -> Double) {
      braid_lm_activate(activation, x, nil, 1, x.count, &out, nil, x.count)
      for i in x.indices { #expect(abs(Double(out[i]) - formula(Double(x[i]))) < 1e-6, "\(activation) of \(x[i])") }
    }
    check(BRAID_LM_RELU) { max($0, 0) }
    check(BRAID_LM_SILU) { $0 / (1 + exponential(-$0)) }
    check(BRAID_LM_QUICK_GELU) { $0 / (1 + exponential(-1.702 * $0)) }
    check(BRAID_LM_GELU_TANH) { x in
      x / (1 + exponential(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
    check(BRAID_LM_GELU) { x in x * normal(x) }
  }

  @Test func `a soft cap follows its formula and leaves NaN alone`() {
    var x = (-50...50).map { Float($0) * 4 } + [.nan]
    let before = x
    braid_lm_soft_cap(&x, x.count, 30)
    for i in x.indices.dropLast() {
      let e = exponential(-2 * abs(Double(before[i])) / 30)
      let expected = 30 * (1 - e) / (1 + e) * (before[i] < 0 ? -1 : 1)
      #expect(abs(Double(x[i]) - expected) < 1e-5)
    }
    #expect(x.last?.isNaN == true)
  }

  /// Shapes with remainders of every kind: rows, width, tokens, tokens that a query sees at the most, cap.
  @Test(arguments: [
    (1, 8, 1, 99, 0), (3, 10, 5, 2, 0), (4, 64, 16, 99, 5), (5, 64, 20, 7, 0), (9, 48, 73, 20, 3), (2, 128, 101, 99, 0),
    (17, 16, 50, 1, 0),
  ])
  func `attention is a softmax over what each query sees, to the bit however keys are stored`(
    rows: Int, width: Int, count: Int, window: Int, cap: Float
  ) {
    let stride = (width + 15) / 16 * 16
    let q = Self.numbers(rows * width, seed: 1)
    let keys = Self.numbers(count * width, seed: 2)
    let values = Self.numbers(count * width, seed: 3)
    let until = (0..<rows).map { max(1, count - rows + 1 + $0) }
    let from = until.map { max(0, $0 - window) }

    /// Attention over keys cut into memories, for some of the queries.
    func attend(_ cuts: [Int], rows: Range<Int>) -> [Float] {
      var memories: [braid_lm_memory] = []
      var storage: [UnsafeMutablePointer<Float>] = []
      defer { storage.forEach { $0.deallocate() } }
      for (first, end) in zip([0] + cuts, cuts + [count]) {
        let (origin, columns) = (first / 16 * 16, (end + 15) / 16 * 16 - first / 16 * 16)
        // Every lane without a key is poisoned: it may not matter.
        let panels = UnsafeMutablePointer<Float>.allocate(capacity: columns * (width + stride))
        panels.update(repeating: .nan, count: columns * (width + stride))
        storage.append(panels)
        let rows = panels + columns * width
        for key in first..<end {
          let slot = key - origin
          for j in 0..<width {
            panels[slot / 16 * 16 * width + j * 16 + slot % 16] = keys[key * width + j]
            rows[slot * stride + j] = values[key * width + j]
          }
          for j in width..<stride { rows[slot * stride + j] = 0 }
        }
        memories.append(braid_lm_memory(panels: panels, values: rows, first: first, end: end))
      }
      let queries = Array(q[rows.lowerBound * width..<rows.upperBound * width])
      let (from, until) = (from[rows].map { UInt32($0) }, until[rows].map { UInt32($0) })
      var out = [Float](repeating: .nan, count: rows.count * stride)
      queries.withUnsafeBufferPointer { queries in
        memories.withUnsafeBufferPointer { memories in
          from.withUnsafeBufferPointer { from in
            until.withUnsafeBufferPointer { until in
              out.withUnsafeMutableBufferPointer { out in
                var block = braid_lm_attention(
                  queries: queries.baseAddress, rows: rows.count, width: width, value_stride: stride,
                  memories: memories.baseAddress, memory_count: memories.count, from: from.baseAddress,
                  until: until.baseAddress, soft_cap: cap, scores: nil, out: out.baseAddress)
                let scores = UnsafeMutablePointer<Float>.allocate(
                  capacity: rows.count * braid_lm_score_columns(&block))
                defer { scores.deallocate() }
                block.scores = scores
                braid_lm_attend(&block)
              }
            }
          }
        }
      }
      return out
    }

    let whole = attend([], rows: 0..<rows)
    for row in 0..<rows {
      let seen = from[row]..<until[row]
      let weights = seen.map { key in
        let score = (0..<width).reduce(0.0) { $0 + Double(q[row * width + $1]) * Double(keys[key * width + $1]) }
        guard cap > 0 else { return exponential(score) }
        let e = exponential(-2 * score / Double(cap))
        return exponential(Double(cap) * (1 - e) / (1 + e))
      }
      let sum = weights.reduce(0, +)
      for i in 0..<width {
        let expected = zip(weights, seen).reduce(0.0) { $0 + $1.0 / sum * Double(values[$1.1 * width + i]) }
        #expect(abs(Double(whole[row * stride + i]) - expected) < 1e-5)
      }
    }
    for cuts in [[count / 2], [count / 3, count / 2], [1, count - 1]] where count > 3 {
      #expect(attend(cuts, rows: 0..<rows).elementsEqual(whole) { $0 == $1 || ($0.isNaN && $1.isNaN) })
    }
    for row in 0..<rows {
      #expect(attend([], rows: row..<row + 1).prefix(width) == whole[row * stride..<row * stride + width])
    }
  }

  @Test(arguments: [1, 5, 16, 100, 512])
  func `a summary of logits has the first maximum and the sum of exponentials`(count: Int) {
    var logits = Self.numbers(count, seed: 9, scale: 20)
    logits[count / 2] = 25
    logits[count - 1] = 25
    var summary = braid_lm_summary()
    braid_lm_summarize(logits, count, &summary)
    #expect(summary.maximum == 25 && summary.first_maximum == UInt32(count / 2) && summary.finite == 1)
    let sum = logits.reduce(0.0) { $0 + exponential(Double($1) - 25) }
    #expect(abs(summary.sum - sum) < 1e-6 * sum)
    for bad in [Float.nan, .infinity, -.infinity, Float(bitPattern: 0x7FC0_0123), -Float.nan] {
      for place in [0, count / 2, count - 1] {
        var broken = logits
        broken[place] = bad
        braid_lm_summarize(broken, count, &summary)
        #expect(summary.finite == 0, "\(bad) at \(place) of \(count)")
      }
    }
  }

  /// The normal distribution function by its series, or for large numbers by a continued fraction.
  private func normal(_ x: Double) -> Double {
    let density = exponential(-x * x / 2) / (2 * Double.pi).squareRoot()
    if abs(x) > 4 {
      var fraction = 0.0
      for n in stride(from: 60, through: 1, by: -1) { fraction = Double(n) / (abs(x) + fraction) }
      let tail = density / (abs(x) + fraction)
      return x > 0 ? 1 - tail : tail
    }
    var (sum, term) = (0.0, x)
    for n in 1...120 {
      sum += term
      term *= x * x / Double(2 * n + 1)
    }
    return 0.5 + density * sum
  }

  /// e to the power of a number, from the definition, so that the test needs no library.
  private func exponential(_ x: Double) -> Double {
    if abs(x) > 0.5 {
      let half = exponential(x / 2)
      return half * half
    }
    var (sum, term) = (1.0, 1.0)
    for n in 1...18 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }
}
