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
    braid_lm_silu_product(gates, x, 2, width, &out, nil, width)
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

  /// Shapes with remainders of every kind.
  @Test(arguments: [
    (1, 8, 0, 1), (3, 10, 0, 5), (4, 64, 0, 16), (5, 64, 17, 3), (9, 48, 40, 33), (2, 128, 1, 100),
  ])
  func `attention is a softmax over what each query sees`(rows: Int, width: Int, shared: Int, own: Int) {
    let stride = (width + 15) / 16 * 16
    let q = Self.numbers(rows * width, seed: 1)
    let keys = Self.numbers((shared + own) * width, seed: 2)
    let values = Self.numbers((shared + own) * width, seed: 3)
    // Every lane behind the last key is poisoned: it may not matter.
    func panels(_ range: Range<Int>) -> [Float] {
      var result = [Float](repeating: .nan, count: (range.count + 15) / 16 * 16 * width)
      for (index, key) in range.enumerated() {
        for j in 0..<width { result[index / 16 * 16 * width + j * 16 + index % 16] = keys[key * width + j] }
      }
      return result
    }
    func rowsOf(_ range: Range<Int>) -> [Float] {
      range.flatMap { row in
        Array(values[row * width..<(row + 1) * width]) + [Float](repeating: 0, count: stride - width)
      }
    }
    let visible = (0..<rows).map { UInt32(max(1, own - $0)) }
    let scoreCount = rows * ((shared + 15) / 16 * 16 + (own + 15) / 16 * 16)
    var scores = [Float](repeating: 0, count: scoreCount)
    var out = [Float](repeating: .nan, count: rows * stride)
    let (sharedPanels, ownPanels) = (panels(0..<shared), panels(shared..<shared + own))
    let (sharedValues, ownValues) = (rowsOf(0..<shared), rowsOf(shared..<shared + own))
    q.withUnsafeBufferPointer { q in
      sharedPanels.withUnsafeBufferPointer { sharedPanels in
        ownPanels.withUnsafeBufferPointer { ownPanels in
          sharedValues.withUnsafeBufferPointer { sharedValues in
            ownValues.withUnsafeBufferPointer { ownValues in
              visible.withUnsafeBufferPointer { visible in
                scores.withUnsafeMutableBufferPointer { scores in
                  out.withUnsafeMutableBufferPointer { out in
                    var block = braid_lm_attention(
                      queries: q.baseAddress, rows: rows, width: width, value_stride: stride,
                      shared: braid_lm_memory(
                        panels: sharedPanels.baseAddress, values: sharedValues.baseAddress, count: shared),
                      own: braid_lm_memory(panels: ownPanels.baseAddress, values: ownValues.baseAddress, count: own),
                      visible: visible.baseAddress, scores: scores.baseAddress, out: out.baseAddress)
                    braid_lm_attend(&block)
                  }
                }
              }
            }
          }
        }
      }
    }
    for row in 0..<rows {
      let seen = shared + Int(visible[row])
      let weights = (0..<seen).map { key in
        exponential((0..<width).reduce(0.0) { $0 + Double(q[row * width + $1]) * Double(keys[key * width + $1]) })
      }
      let sum = weights.reduce(0, +)
      for i in 0..<width {
        let expected = (0..<seen).reduce(0.0) { $0 + weights[$1] / sum * Double(values[$1 * width + i]) }
        #expect(abs(Double(out[row * stride + i]) - expected) < 1e-5)
      }
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
