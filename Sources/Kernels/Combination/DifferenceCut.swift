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
  /// A bit for each element of the block that counts at all, sixteen to a word from the lowest on; nil lets all count.
  /// Lives as long as the call that is given the cut.
  public var selected: UnsafePointer<UInt16>?

  /// A cut; without limits it keeps everything.
  public init(
    weight: Float, scale: Float = 1, keepAbove: Int32 = -1, keepEqual: Int = 0, dropAbove: Int32 = .max,
    dropEqual: Int = 0, alone: Float = 1, selected: UnsafePointer<UInt16>? = nil
  ) {
    self.weight = weight
    self.scale = scale
    self.keepAbove = keepAbove
    self.keepEqual = keepEqual
    self.dropAbove = dropAbove
    self.dropEqual = dropEqual
    self.alone = alone
    self.selected = selected
  }
}

extension DifferenceCut {
  /// Cuts as the loops take them.
  static func withPlain<Result>(_ cuts: [DifferenceCut], _ body: (UnsafePointer<braid_cut>?) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: braid_cut.self, capacity: max(1, cuts.count)) { plain in
      for (place, cut) in cuts.enumerated() { plain.initializeElement(at: place, to: cut.plain) }
      return body(plain.baseAddress.map { UnsafePointer($0) })
    }
  }

  private var plain: braid_cut {
    braid_cut(
      weight: weight, scale: scale, keep_above: keepAbove, keep_equal: keepEqual, drop_above: dropAbove,
      drop_equal: dropEqual, alone: alone, where: selected)
  }
}
