internal import Kernels

/// Parts of token trees that are computed together in one pass.
struct ScoringPass {
  /// Tokens of the pass and where their keys and values are.
  private struct Part {
    var tokens: ArraySlice<Int>
    var first: Int
    /// The part of this pass that comes right before the tokens, if it is one.
    var parent: Int?
    /// The keys and values that were kept of what comes before the part, or before its first ancestor in the pass.
    var kept: [KeptSpan]
    /// Where keys and values of all layers are kept; without, layers take turns.
    var cache: (cache: KeyValueCache, filled: Int)?
    var rotations: RotaryTables
    var request: Int
  }

  private var parts: [Part] = []
  private(set) var rows = 0
  /// The rows whose logits are wanted, counted over the pass, with the tokens.
  private(set) var wanted: [(row: Int, tokens: [Int])] = []
  /// For each of these rows, what its logits count for.
  private(set) var targets: [[ScoringTarget]] = []

  /// Adds a node of a tree with everything below it.
  ///
  /// - Parameter kept: what comes before the node, from the front of the sequence on.
  mutating func add(_ node: Int, of tree: TokenTree, kept: [KeptSpan], rotations: RotaryTables) {
    // Parents come before their children; each entry knows its parent's part.
    var waiting = [(node: node, parent: Int?.none)]
    while let (index, parent) = waiting.popLast() {
      let node = tree.nodes[index]
      want(node.scored)
      parts.append(
        Part(
          tokens: node.tokens[...], first: node.first, parent: parent, kept: kept, rotations: rotations,
          request: node.request))
      rows += node.tokens.count
      for child in node.children.reversed() { waiting.append((child, parts.count - 1)) }
    }
  }

  /// Adds a piece of a node whose keys and values are kept for what is computed later.
  ///
  /// - Parameters:
  ///   - piece: rows of the node.
  ///   - cache: holds the node's tokens; those before the piece are in it already.
  mutating func add(
    _ piece: Range<Int>, of node: TokenTree.Node, cache: KeyValueCache, kept: [KeptSpan], rotations: RotaryTables
  ) {
    let scored = node.scored.filter { piece ~= $0.row }
    want(scored.map { TokenTree.ScoredRow(row: $0.row - piece.lowerBound, targets: $0.targets) })
    parts.append(
      Part(
        tokens: node.tokens[piece], first: node.first, kept: kept,
        cache: (cache, piece.lowerBound), rotations: rotations, request: node.request))
    rows += piece.count
  }

  private mutating func want(_ scored: [TokenTree.ScoredRow]) {
    for row in scored {
      wanted.append((rows + row.row, row.targets.map(\.token)))
      targets.append(row.targets)
    }
  }

  /// The pass's segments; keys and values that nobody keeps take turns in the workspace, layer by layer.
  func segments(layout: KeyValueLayout, workspace: Workspace) -> [Segment] {
    let sizes = parts.map { part in
      part.cache == nil ? layout.layerSize(capacity: layout.capacity(part.tokens.count, from: part.first)) : 0
    }
    var place = workspace.keyValues.floats(sizes.reduce(0, +))
    var segments: [Segment] = []
    for (part, size) in zip(parts, sizes) {
      let own =
        part.cache?.cache.memory
        ?? KeyValueMemory(
          base: place, capacity: layout.capacity(part.tokens.count, from: part.first), layout: layout,
          keepsLayers: false, first: part.first)
      place += size
      var shared = part.kept.map(\.span)
      if let parent = part.parent {
        shared = segments[parent].shared
        shared.append(KeyValueSpan(memory: segments[parent].own, count: segments[parent].tokens.count))
      }
      segments.append(
        Segment(
          tokens: part.tokens, own: own, filled: part.cache?.filled ?? 0, shared: shared, rotations: part.rotations,
          request: part.request))
    }
    return segments
  }
}

/// Keys and values of all layers that stay alive as long as somebody reads them.
struct KeptSpan {
  let cache: KeyValueCache
  let count: Int

  var span: KeyValueSpan { KeyValueSpan(memory: cache.memory, count: count) }
}
