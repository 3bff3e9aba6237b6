internal import Kernels

/// Cuts trees of tokens into passes and computes them.
struct ScoringRun {
  private let model: LanguageModel
  private let workspace: Workspace
  /// The pass that is being filled.
  private var pass = ScoringPass()

  /// Called after each pass.
  typealias Report = (ScoringPass, [LanguageHead.Outcome]) -> Void

  init(model: LanguageModel, workspace: Workspace) {
    self.model = model
    self.workspace = workspace
  }

  /// Computes a tree whose sequences have at most `length` tokens; its last parts may be left to ``finish(_:)``.
  mutating func compute(_ tree: TokenTree, length: Int, report: Report) throws {
    let rotations = model.architecture.rotations.table(length: length)
    // Depth first, so that what is kept for the parts below a node can go soon; not by recursion, for trees may be deep.
    var waiting = tree.roots.reversed().map { (node: $0, kept: [KeptSpan]()) }
    while let (index, kept) = waiting.popLast() {
      let node = tree.nodes[index]
      if node.rows <= model.rowsPerBatch {
        if pass.rows + node.rows > model.rowsPerBatch { try finish(report) }
        pass.add(index, of: tree, kept: kept, rotations: rotations)
      } else {
        let span = try keep(node, behind: kept, rotations: rotations, report: report)
        for child in node.children.reversed() { waiting.append((child, kept + [span])) }
      }
    }
  }

  /// Computes a node of which too much depends for one pass, together with what is waiting, and keeps its keys and
  /// values.
  private mutating func keep(
    _ node: TokenTree.Node, behind kept: [KeptSpan], rotations: RotaryTables, report: Report
  ) throws -> KeptSpan {
    let cache = KeyValueCache(tokens: node.tokens.count, layout: model.architecture.keyValues, first: node.first)
    var start = 0
    while start < node.tokens.count {
      if pass.rows >= model.rowsPerBatch { try finish(report) }
      let end = min(node.tokens.count, start + model.rowsPerBatch - pass.rows)
      pass.add(start..<end, of: node, cache: cache, kept: kept, rotations: rotations)
      try finish(report)
      start = end
    }
    return KeptSpan(cache: cache, count: node.tokens.count)
  }

  /// Computes what is waiting.
  mutating func finish(_ report: Report) throws {
    guard pass.rows > 0 else { return }
    let segments = pass.segments(layout: model.architecture.keyValues, workspace: workspace)
    let outcomes = try model.compute(segments, wanted: pass.wanted, workspace: workspace)
    report(pass, outcomes)
    pass = ScoringPass()
  }
}
