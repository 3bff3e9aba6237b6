internal import MergeSpecs

/// What a user asks for beside the spec.
public struct MergeOverrides: Sendable, Hashable {
  /// The seed of random draws; nil leaves the spec's.
  public var seed: UInt64?
  /// Whether elements of inputs that are infinite or NaN are merged like all others rather than refused.
  public var allowsNonFinite: Bool

  /// Asks for nothing unless told otherwise.
  public init(seed: UInt64? = nil, allowsNonFinite: Bool = false) {
    self.seed = seed
    self.allowsNonFinite = allowsNonFinite
  }

  /// The text of a spec with the seed in it, so that the text alone gives the same bytes again.
  func recorded(in text: String, file: String) -> String {
    guard let seed else { return text }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let line = "seed: \(seed)"
    if let place = lines.firstIndex(where: { $0.hasPrefix("seed:") }) {
      lines[place] = line
    } else {
      while lines.last?.isEmpty == true { lines.removeLast() }
      lines += [line, ""]
    }
    let changed = lines.joined(separator: "\n")
    // A spec in braces, or one that ends in a block of text, is not to be added to in this way.
    let (spec, _) = MergeSpec.parse(changed, file: file, lenient: true)
    return spec?.seed == seed && spec?.isFaulty == false ? changed : "# merged with --seed \(seed)\n" + text
  }
}
