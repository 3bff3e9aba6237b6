internal import CKernels
internal import Kernels

/// A feed-forward block of many gated blocks, of which each row goes through the few that a router picks.
///
/// The shares are a softmax over all experts; of the picked ones they are made to sum to one where the model wants
/// that. Experts add their results in their own order, so a row does not depend on what it is computed with.
struct MixtureOfExperts: FeedForward {
  let router: Linear
  let experts: [GatedMLP]
  /// How many experts a row goes through.
  let picked: Int
  let normalizesShares: Bool

  /// A row that goes through an expert, and with which share.
  private struct Route {
    var row: Int
    var share: Float
  }

  func apply(_ input: UnsafeRawPointer, pass: Pass, norm: Norm?) throws {
    let (hidden, element) = (router.matrix.inputs, router.matrix.element)
    let scores = pass.workspace.routed.floats(Pass.paddedRows(pass.rows) * experts.count)
    try Linear.apply(
      [Linear.Target(layer: router, output: scores, stride: experts.count)], to: input,
      rows: pass.productRows, pass: pass)
    let routes = try self.routes(scores, rows: pass.rows)

    let branch = pass.branch(width: hidden)
    branch.update(repeating: 0, count: pass.rows * hidden)
    for (expert, routes) in zip(experts, routes) where !routes.isEmpty {
      let rowSize = hidden * element.byteCount
      let rows = pass.workspace.besides.bytes(Pass.paddedRows(routes.count) * rowSize)
      for (place, route) in routes.enumerated() {
        (rows + place * rowSize).copyMemory(from: input + route.row * rowSize, byteCount: rowSize)
      }
      // In the order of the pass, so next tokens still stand in front.
      let own = ProductRows(
        nextTokens: routes.count { $0.row < pass.productRows.nextTokens }, count: routes.count)
      let inner = try expert.gated(rows, rows: own, pass: pass)
      let results = pass.workspace.routed.floats(Pass.paddedRows(routes.count) * hidden)
      try Linear.apply(
        [Linear.Target(layer: expert.down, output: results, stride: hidden)], to: inner,
        rows: own, pass: pass)
      for (place, route) in routes.enumerated() {
        braid_lm_add_scaled(branch + route.row * hidden, results + place * hidden, route.share, hidden)
      }
    }
    if let norm { return try norm.add(branch, to: pass) }
    braid_lm_add_scaled(pass.stream(width: hidden), branch, 1, pass.rows * hidden)
  }

  /// For each expert the rows that go through it.
  private func routes(_ scores: UnsafePointer<Float>, rows: Int) throws -> [[Route]] {
    var routes = [[Route]](repeating: [], count: experts.count)
    for row in 0..<rows {
      let scores = UnsafeBufferPointer(start: scores + row * experts.count, count: experts.count)
      guard scores.allSatisfy(\.isFinite), let largest = scores.max() else {
        throw NotFinite(row: row, place: "the router of a mixture of experts")
      }
      let exponentials = scores.map { exponential(Double($0) - Double(largest)) }
      // Of equal scores the first.
      let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(picked)
      let sum = normalizesShares ? order.reduce(0.0) { $0 + exponentials[$1] } : exponentials.reduce(0, +)
      for expert in order { routes[expert].append(Route(row: row, share: Float(exponentials[expert] / sum))) }
    }
    return routes
  }
}
