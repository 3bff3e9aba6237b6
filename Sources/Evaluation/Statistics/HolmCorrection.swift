/// Holm's correction of p-values for the number of claims that are made at once.
///
/// Sorted from the smallest, the k-th of m p-values (k from 0) becomes the largest of (m − j)·pⱼ over j ≤ k, at most 1.
/// The chance of any false claim among all with an adjusted value below α is then at most α, whatever the dependence
/// between the tests. Source: Holm 1979.
package enum HolmCorrection {
  /// The adjusted p-values, in the order of the given ones.
  package static func adjusted(_ probabilities: [Double]) -> [Double] {
    var adjusted = probabilities
    var largest = 0.0
    let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, Double(probabilities.count - rank) * probabilities[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}
