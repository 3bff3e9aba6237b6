internal import Datasets

/// Chooses the examples that stand before a question.
///
/// One generator for a whole task, seeded once, so that what is drawn for a document depends on the documents before
/// it. Source: lm-evaluation-harness 0.4.13, `api/samplers.py`.
struct ExampleSampler {
  /// The seed that lm-evaluation-harness uses unless told otherwise.
  static let defaultSeed = 1234

  /// The documents that examples come from.
  let pool: [DataValue]
  private let takesFirst: Bool
  private var generator: MersenneTwister

  init(pool: [DataValue], takesFirst: Bool, seed: Int = defaultSeed) {
    self.pool = pool
    self.takesFirst = takesFirst
    generator = MersenneTwister(seed: seed)
  }

  /// The places of so many examples in the pool; nil if there are not enough.
  ///
  /// - Parameter evaluated: the document to be asked about, where it may be among the examples' pool.
  mutating func examples(_ count: Int, without evaluated: DataValue?) -> [Int]? {
    guard count > 0 else { return [] }
    if takesFirst {
      var places: [Int] = []
      for index in pool.indices where places.count < count && (evaluated == nil || pool[index] != evaluated) {
        places.append(index)
      }
      return places.count == count ? places : nil
    }
    guard let evaluated else { return generator.sample(count, from: pool.count) }
    guard let drawn = generator.sample(count + 1, from: pool.count) else { return nil }
    let others = drawn.filter { pool[$0] != evaluated }
    if others.count >= count { return Array(others.prefix(count)) }
    // Copies of the document were drawn: once more, without any of them.
    let rest = pool.indices.filter { pool[$0] != evaluated }
    return generator.sample(count, from: rest.count)?.map { rest[$0] }
  }
}
