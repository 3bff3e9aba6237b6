internal import CKernels

/// Which differences to the base one model contributes to a block; magnitudes are compared as float32 bit patterns.
public struct DifferenceCut {
  /// The factor of the model's differences, which counts in the divisor too.
  public var weight: Float
  /// A factor of the differences that does not count in the divisor.
  public var scale: Float
  /// Differences with larger magnitudes are kept, all of them if it is −1.
  public var keepAbove: Int32
  /// Of those with exactly that magnitude, how many are kept, in order; `Int.max` keeps all.
  public var keepEqual: Int
  /// Kept differences with larger magnitudes are dropped again.
  public var dropAbove: Int32
  /// Of those with exactly that magnitude, how many are dropped, in order; `Int.max` drops all.
  public var dropEqual: Int
  /// With ``SignElection/Consensus/participants``: a factor of the model's differences where no other model has any.
  /// With ``SignElection/Consensus/useful``: how many times the rest of the sum the model has to exceed.
  public var alone: Float
  /// What chance leaves of the differences, if it has a say.
  public var draw: RandomDraw?
  /// Zero for each element of the block that is left out; nil keeps all. Lives as long as the call that is given the cut.
  public var selected: UnsafePointer<Float>?

  /// A cut; without limits it keeps everything.
  public init(
    weight: Float, scale: Float = 1, keepAbove: Int32 = -1, keepEqual: Int = 0, dropAbove: Int32 = .max,
    dropEqual: Int = 0, alone: Float = 1, draw: RandomDraw? = nil, selected: UnsafePointer<Float>? = nil
  ) {
    self.weight = weight
    self.scale = scale
    self.keepAbove = keepAbove
    self.keepEqual = keepEqual
    self.dropAbove = dropAbove
    self.dropEqual = dropEqual
    self.alone = alone
    self.draw = draw
    self.selected = selected
  }
}

extension DifferenceCut {
  /// Cuts as the loops take them.
  static func withPlain<Result>(_ cuts: [DifferenceCut], _ body: (UnsafePointer<braid_cut>?) -> Result) -> Result {
    let levels = cuts.flatMap { $0.draw?.levels ?? [] }
    return levels.withUnsafeBufferPointer { levels in
      withUnsafeTemporaryAllocation(of: braid_draw.self, capacity: max(1, cuts.count)) { draws in
        withUnsafeTemporaryAllocation(of: braid_cut.self, capacity: max(1, cuts.count)) { plain in
          var start = 0
          for (place, cut) in cuts.enumerated() {
            if let draw = cut.draw {
              draws.initializeElement(
                at: place,
                to: braid_draw(
                  key: draw.key, levels: levels.baseAddress.map { $0 + start }, levels_count: draw.levels.count,
                  threshold: draw.threshold, step: draw.step))
              start += draw.levels.count
            }
            plain.initializeElement(
              at: place,
              to: braid_cut(
                weight: cut.weight, scale: cut.scale, keep_above: cut.keepAbove, keep_equal: cut.keepEqual,
                drop_above: cut.dropAbove, drop_equal: cut.dropEqual, alone: cut.alone,
                draw: cut.draw == nil ? nil : draws.baseAddress.map { UnsafePointer($0 + place) },
                where: cut.selected))
          }
          return body(plain.baseAddress.map { UnsafePointer($0) })
        }
      }
    }
  }
}
