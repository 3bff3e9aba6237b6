internal import Documents
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

  /// The options as the command line has them, those that were given.
  public var words: [String] { (seed.map { ["--seed \($0)"] } ?? []) + (allowsNonFinite ? ["--allow-nan"] : []) }

  /// The text of a spec with the seed in each of its documents, so that the text alone gives the same bytes again.
  func recorded(in text: String, file: String) throws(MergeSpecError) -> String {
    guard let seed, StagedSpec.parse(text, file: file, lenient: true).spec != nil else { return text }
    var documents: [[String]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("---") { documents.append([]) }
      documents[documents.count - 1].append(line)
    }
    let changed = documents.map { Self.lines($0, withSeed: seed).joined(separator: "\n") }.joined(separator: "\n")
    // A spec in braces, or one that ends in a block of text, is not to be added to in this way.
    guard let spec = StagedSpec.parse(changed, file: file, lenient: true).spec,
      spec.stages.allSatisfy({ $0.seed == seed })
    else {
      throw MergeSpecError(
        diagnostics: [
          Diagnostic(
            .error, file: file, "the seed cannot be put into this spec", hint: "write `seed: \(seed)` into it")
        ], text: text)
    }
    return changed
  }

  private static func lines(_ lines: [String], withSeed seed: UInt64) -> [String] {
    guard lines.contains(where: { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix("---") }) else { return lines }
    var lines = lines
    let line = "seed: \(seed)"
    if let place = lines.firstIndex(where: { $0.hasPrefix("seed:") }) {
      lines[place] = line
      return lines
    }
    var blanks = 0
    while lines.last?.isEmpty == true {
      lines.removeLast()
      blanks += 1
    }
    return lines + [line] + Array(repeating: "", count: max(1, blanks))
  }
}
