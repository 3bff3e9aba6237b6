/// The tokens of many sequences, in which common beginnings appear once.
///
/// A node holds the tokens between two forks. The tokens from the root to a node are the beginning of every sequence
/// below it, so that its keys and values serve them all.
struct TokenTree {
  /// A row of a node and what its logits count for.
  struct ScoredRow {
    /// The row, counted within the node.
    var row: Int
    var targets: [ScoringTarget]
  }

  /// Tokens that all sequences below share.
  struct Node {
    /// The position of the first token.
    var first: Int
    var tokens: [Int]
    var children: [Int] = []
    /// The rows of this node whose logits are wanted, in rising order.
    var scored: [ScoredRow] = []
    /// The number of tokens of the node and everything below it.
    var rows = 0
    /// One of the requests that the tokens belong to, for error messages.
    var request: Int

    /// The position behind the last token.
    var end: Int { first + tokens.count }
  }

  /// A sequence to compute, and what it is scored for.
  struct Sequence {
    /// The tokens in two pieces, since many sequences have the first one in common.
    var head: [Int]
    var tail: ArraySlice<Int> = []
    /// Positions whose logits are wanted, and what they count for.
    var targets: [(position: Int, target: ScoringTarget)] = []
    var request: Int

    var count: Int { head.count + tail.count }

    subscript(position: Int) -> Int {
      position < head.count ? head[position] : tail[tail.startIndex + position - head.count]
    }

    /// How many tokens at the front are those of another sequence.
    func commonCount(with other: Sequence) -> Int {
      let end = min(count, other.count)
      var position = 0
      while position < end, self[position] == other[position] { position += 1 }
      return position
    }
  }

  private(set) var nodes: [Node] = []
  /// The nodes that begin at position zero.
  private(set) var roots: [Int] = []

  /// Puts sequences together; empty ones are left out.
  init(_ sequences: [Sequence]) {
    // In lexicographic order a sequence has its longest beginning in common with the one before it, and what goes on
    // where another one ends comes right behind that.
    let order = sequences.indices.filter { sequences[$0].count > 0 }.sorted { a, b in
      let (x, y) = (sequences[a], sequences[b])
      let common = x.commonCount(with: y)
      if common == x.count || common == y.count { return x.count != y.count ? x.count < y.count : a < b }
      return x[common] < y[common]
    }
    // The nodes from the root to the end of the latest sequence.
    var path: [Int] = []
    var previous: Int?
    for number in order {
      let sequence = sequences[number]
      let common = previous.map { sequences[$0].commonCount(with: sequence) } ?? 0
      while let last = path.last, nodes[last].first >= common { path.removeLast() }
      if let last = path.last, nodes[last].end > common { split(last, at: common) }
      if common < sequence.count {
        grow(&path, by: (common..<sequence.count).map { sequence[$0] }, at: common, sequence)
      }
      for (position, target) in sequence.targets { add(target, at: position, path: path) }
      previous = number
    }
    countRows()
  }

  /// The nodes that a sequence begins with, from the root on, and how many tokens of each; only of the last one it may be
  /// a part.
  func path(of tokens: ArraySlice<Int>) -> [(node: Int, count: Int)] {
    var path: [(node: Int, count: Int)] = []
    var rest = tokens
    var candidates = roots
    while let next = candidates.first(where: { nodes[$0].tokens.first == rest.first }) {
      let count = zip(nodes[next].tokens, rest).prefix { $0 == $1 }.count
      path.append((next, count))
      rest = rest.dropFirst(count)
      guard count == nodes[next].tokens.count, !rest.isEmpty else { break }
      candidates = nodes[next].children
    }
    return path
  }

  /// Appends tokens behind the path: to its last node if nothing else goes on there, else as a node of their own.
  private mutating func grow(_ path: inout [Int], by tokens: [Int], at position: Int, _ sequence: Sequence) {
    if let last = path.last, nodes[last].children.isEmpty {
      nodes[last].tokens += tokens
      return
    }
    nodes.append(Node(first: position, tokens: tokens, request: sequence.request))
    if let last = path.last { nodes[last].children.append(nodes.count - 1) } else { roots.append(nodes.count - 1) }
    path.append(nodes.count - 1)
  }

  /// Cuts a node so that it ends before a position; the rest goes on as its only child.
  private mutating func split(_ index: Int, at position: Int) {
    let node = nodes[index]
    let count = position - node.first
    var rest = node
    rest.first = position
    rest.tokens = Array(node.tokens[count...])
    rest.scored = node.scored.filter { $0.row >= count }.map { ScoredRow(row: $0.row - count, targets: $0.targets) }
    nodes[index].tokens = Array(node.tokens[..<count])
    nodes[index].scored = node.scored.filter { $0.row < count }
    nodes[index].children = [nodes.count]
    nodes.append(rest)
  }

  private mutating func add(_ target: ScoringTarget, at position: Int, path: [Int]) {
    guard let index = path.last(where: { nodes[$0].first <= position }) else { return }
    let row = position - nodes[index].first
    // Targets mostly come in rising order.
    var place = nodes[index].scored.count
    while place > 0, nodes[index].scored[place - 1].row >= row { place -= 1 }
    if place < nodes[index].scored.count, nodes[index].scored[place].row == row {
      nodes[index].scored[place].targets.append(target)
    } else {
      nodes[index].scored.insert(ScoredRow(row: row, targets: [target]), at: place)
    }
  }

  private mutating func countRows() {
    var order = roots
    var next = 0
    while next < order.count {
      order += nodes[order[next]].children
      next += 1
    }
    for index in order.reversed() {
      nodes[index].rows = nodes[index].children.reduce(nodes[index].tokens.count) { $0 + nodes[$1].rows }
    }
  }
}
