internal import Documents

/// The corpus chrF of sacrebleu with its defaults: runs of up to six characters, blanks left out, recall counting
/// twice as much as precision.
///
/// Source: Popović 2015, and the documentation of sacrebleu.
package enum ChrF {
  private static let order = 6
  private static let factor = 4.0

  /// For each order the runs of the text, of the reference, and those in both; of several references the best.
  package static func terms(_ text: String, references: [String]) -> [Double] {
    let own = scalars(text)
    let options = references.map { reference -> [Double] in
      let other = scalars(reference)
      return (1...order).flatMap { length -> [Double] in
        let ours = NGrams.counts(own, length)
        let theirs = NGrams.counts(other, length)
        let common = ours.reduce(0) { $0 + min($1.value, theirs[$1.key] ?? 0) }
        return [Double(max(0, own.count - length + 1)), Double(max(0, other.count - length + 1)), Double(common)]
      }
    }
    var best: (terms: [Double], score: Double)?
    for terms in options {
      let score = score(terms)
      if best.map({ score > $0.score }) ?? true { best = (terms, score) }
    }
    return best?.terms ?? [Double](repeating: 0, count: 3 * order)
  }

  /// The score in percent for sums of terms.
  package static func score(_ sums: [Double]) -> Double {
    var (precision, recall, orders) = (0.0, 0.0, 0.0)
    for index in 0..<order {
      let (own, other, common) = (sums[3 * index], sums[3 * index + 1], sums[3 * index + 2])
      guard own > 0, other > 0 else { continue }
      precision += common / own
      recall += common / other
      orders += 1
    }
    guard orders > 0, precision + recall > 0 else { return 0 }
    precision /= orders
    recall /= orders
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall)
  }

  private static func scalars(_ text: String) -> [UInt32] {
    text.unicodeScalars.filter { !$0.isBlank }.map(\.value)
  }
}
