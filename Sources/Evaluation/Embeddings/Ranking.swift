#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Where the right documents stand in a ranking, and what that is worth.
enum Ranking {
  /// The ranks of the relevant documents, from one, best first.
  ///
  /// A document ranks behind every other one that is just as close: ties win nothing.
  static func ranks(of relevant: Set<String>, among documents: [(document: String, cosine: Double)]) -> [Int] {
    let order = documents.sorted { a, b in
      if a.cosine != b.cosine { return a.cosine > b.cosine }
      return !relevant.contains(a.document) && relevant.contains(b.document)
    }
    return order.indices.filter { relevant.contains(order[$0].document) }.map { $0 + 1 }
  }

  /// The normalised discounted cumulative gain: Σ 1/log₂(rank+1) over relevant documents up to the cutoff, over what
  /// the best ranking has. Source: Järvelin & Kekäläinen 2002.
  static func discountedGain(_ ranks: [Int], relevant: Int, cutoff: Int) -> Double {
    let gain = ranks.filter { $0 <= cutoff }.reduce(0) { $0 + 1 / log2(Double($1) + 1) }
    let best = (1...max(1, min(relevant, cutoff))).reduce(0) { $0 + 1 / log2(Double($1) + 1) }
    return gain / best
  }
}

/// How far two orders agree.
enum RankCorrelation {
  /// Spearman's correlation: Pearson's of the ranks, equal values sharing the mean of theirs; 0 where one side is
  /// constant.
  static func spearman(_ pairs: [(cosine: Double, score: Double)]) -> Double {
    pearson(ranks(pairs.map(\.cosine)), ranks(pairs.map(\.score)))
  }

  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      // Ranks count from one: the mean of start+1 … end.
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  private static func pearson(_ a: [Double], _ b: [Double]) -> Double {
    let count = Double(a.count)
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    var (both, squaresA, squaresB) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      both += (x - meanA) * (y - meanB)
      squaresA += (x - meanA) * (x - meanA)
      squaresB += (y - meanB) * (y - meanB)
    }
    return squaresA * squaresB == 0 ? 0 : both / (squaresA * squaresB).squareRoot()
  }

  /// The correlation in each of some resamples of the pairs; none for fewer than three pairs.
  static func resampled(
    _ pairs: [(cosine: Double, score: Double)], task: String, resamples: Int, seed: UInt64
  ) -> [Double] {
    guard pairs.count > 2, resamples > 1 else { return [] }
    return (0..<resamples).map { index in
      var generator = SplitMix64.forResample(index, task: task, seed: seed)
      return spearman(pairs.map { _ in pairs[generator.next(below: pairs.count)] })
    }
  }

  /// The deviation of resampled values, which is the standard error; nil for fewer than two.
  static func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }
}
