/// What prompts to be continued begin with in common: computed when the first of them needs it, and let go when the last
/// one has it.
struct SharedBeginnings {
  private let tree: TokenTree
  /// For each prompt, the nodes of the tree that it shares with others.
  private var paths: [Int: [Int]] = [:]
  private var kept: [Int: KeptSpan] = [:]
  /// How many prompts have yet to ask for a node.
  private var users: [Int: Int] = [:]
  /// Where a prompt stands among those that begin alike.
  private var places: [Int: Int] = [:]

  /// Shorter beginnings (a begin token, say) are not worth a pass of their own.
  private static let fewestTokens = 16

  init(_ prompts: [(number: Int, prompt: [Int])]) {
    // The last token of a prompt is its own: its logits are wanted.
    tree = TokenTree(prompts.map { TokenTree.Sequence(head: $0.prompt.dropLast(), request: $0.number) })
    var groups: [[Int]: Int] = [:]
    for (number, prompt) in prompts {
      let path = tree.path(of: prompt.dropLast()).filter { [tree] in !tree.nodes[$0].children.isEmpty }
      guard let last = path.last, tree.nodes[last].end >= Self.fewestTokens else { continue }
      paths[number] = path
      for node in path { users[node, default: 0] += 1 }
      let place = groups[path] ?? groups.count
      groups[path] = place
      places[number] = place + 1
    }
  }

  /// A number that prompts with the same beginning share, zero for those that begin like no other.
  func order(of number: Int) -> Int { places[number] ?? 0 }

  /// How many tokens of a prompt others begin with as well.
  func count(of number: Int) -> Int { paths[number]?.last.map { tree.nodes[$0].end } ?? 0 }

  /// The keys and values of a prompt's beginning; each prompt asks once.
  ///
  /// - Parameter compute: computes a node behind what was kept before it.
  mutating func take(
    _ number: Int, compute: (TokenTree.Node, [KeptSpan]) throws -> KeptSpan
  ) rethrows -> [KeptSpan] {
    var spans: [KeptSpan] = []
    for node in paths[number] ?? [] {
      let span = try kept[node] ?? compute(tree.nodes[node], spans)
      spans.append(span)
      let left = (users[node] ?? 1) - 1
      users[node] = left
      kept[node] = left > 0 ? span : nil
    }
    return spans
  }
}
