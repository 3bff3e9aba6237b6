/// What prompts to be continued begin with in common: computed when the first of them needs it, and let go when the last
/// one has it.
struct SharedBeginnings {
  private let tree: TokenTree
  /// For each prompt, the nodes of the tree that it shares with others, and how many tokens of each.
  private var paths: [Int: [(node: Int, count: Int)]] = [:]
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
    let whole = prompts.map { [tree] in tree.path(of: $0.prompt.dropLast()) }
    var visits: [Int: Int] = [:]
    for (node, _) in whole.joined() { visits[node, default: 0] += 1 }
    var groups: [[Int]: Int] = [:]
    for ((number, _), path) in zip(prompts, whole) {
      let shared = path.filter { visits[$0.node] ?? 0 > 1 }
      guard shared.reduce(0, { $0 + $1.count }) >= Self.fewestTokens else { continue }
      paths[number] = shared
      for (node, _) in shared { users[node, default: 0] += 1 }
      let place = groups[shared.map(\.node)] ?? groups.count
      groups[shared.map(\.node)] = place
      places[number] = place + 1
    }
  }

  /// A number that prompts with the same beginning share, zero for those that begin like no other.
  func order(of number: Int) -> Int { places[number] ?? 0 }

  /// How many tokens of a prompt others begin with as well.
  func count(of number: Int) -> Int { paths[number]?.reduce(0) { $0 + $1.count } ?? 0 }

  /// The keys and values of a prompt's beginning; each prompt asks once.
  ///
  /// - Parameter compute: computes a node behind what was kept before it.
  mutating func take(
    _ number: Int, compute: (TokenTree.Node, [KeptSpan]) throws -> KeptSpan
  ) rethrows -> [KeptSpan] {
    var spans: [KeptSpan] = []
    for (node, count) in paths[number] ?? [] {
      let span = try kept[node] ?? compute(tree.nodes[node], spans)
      spans.append(KeptSpan(cache: span.cache, count: count))
      let left = (users[node] ?? 1) - 1
      users[node] = left
      kept[node] = left > 0 ? span : nil
    }
    return spans
  }
}
