internal import Documents
internal import MergeMethods
internal import Tensors

/// What `allow_mismatch` does where the sources of a tensor do not fit together.
extension PlanBuilder {
  /// Settles a tensor that some sources lack.
  mutating func settle(missing: [Int], of request: StepRequest, holder: Int, slice: Slice) {
    let sources = slice.effective.sources
    let standard = slice.effective.base ?? 0
    switch spec.mismatch {
    case nil, .truncate: faults.missing(request, holder: holder, missing: missing, slice: slice)
    case .skip: leaveOut(missing, of: request, slice: slice)
    case .copyBase:
      let names = missing.map { sources[$0].model.text }.joined(separator: " and ")
      let lack = missing.count == 1 ? "lacks" : "lack"
      guard !missing.contains(standard) else {
        let base = sources[standard]
        return faults.allowed(
          base, "\(request.name) is not in the output: \(base.model.text) lacks it", more: "are not in it",
          subject: "absent ")
      }
      copyStandard(standard, of: request, slice: slice, odd: missing, reason: "\(names) \(lack) it")
    }
  }

  /// Settles a tensor that not all sources have in the shape that the standard has.
  mutating func settle(odd: [Int], of request: StepRequest, standard: Int, slice: Slice) {
    let sources = slice.effective.sources
    switch spec.mismatch {
    case .skip: leaveOut(odd, of: request, slice: slice)
    case .copyBase:
      let names = odd.map { sources[$0].model.text }.joined(separator: " and ")
      let have = odd.count == 1 ? "has" : "have"
      copyStandard(standard, of: request, slice: slice, odd: odd, reason: "\(names) \(have) another shape")
    case .truncate:
      guard let block = commonBlock(of: request, standard: standard, slice: slice) else {
        return faults.mismatch(request, standard: standard, odd: odd, slice: slice)
      }
      var isFilled = false
      for index in odd {
        guard let shape = request.asked[index].tensor?.shape, shape != block else { continue }
        let tensor = "\(request.asked[index].name) of \(sources[index].model.text)"
        if block.clamped(to: shape) == block {
          faults.allowed(sources[index], "\(tensor) is cut from \(shape) to \(block)", more: "are cut", subject: "cut ")
        } else {
          isFilled = true
          faults.allowed(
            sources[index],
            "\(tensor) has \(shape.dimensions[0]) rows of \(block.dimensions[0]): to the others it adds nothing",
            more: "have too few", subject: "filled ")
        }
      }
      let selection = Selection(
        kept: Array(request.asked.indices), block: block,
        remark: isFilled ? "nothing is added to rows that a model lacks" : "cut to \(block)")
      merge(selection, of: request, slice: slice)
    case nil: faults.mismatch(request, standard: standard, odd: odd, slice: slice)
    }
  }

  /// Merges without some of the sources, or copies the standard where too few are left.
  private mutating func leaveOut(_ odd: [Int], of request: StepRequest, slice: Slice) {
    let effective = slice.effective
    let kept = request.asked.indices.filter { !odd.contains($0) }
    let names = odd.map { effective.sources[$0].model.text }.joined(separator: " and ")
    for index in odd {
      let source = effective.sources[index]
      let why = request.asked[index].tensor.map { "its shape is \($0.shape)" } ?? "it has none"
      faults.allowed(
        source, "\(source.model.text) is left out of \(request.name): \(why)", more: "go without it",
        subject: "without ")
    }
    guard let standard = effective.base.flatMap({ kept.contains($0) ? $0 : nil }) ?? kept.first,
      let tensor = request.asked[standard].tensor
    else { return }
    // The standard may be among the odd ones; the rest need not fit each other then.
    let fitting = kept.filter { request.asked[$0].tensor?.shape == tensor.shape }
    let isEnough =
      effective.method.inputs.contains(fitting.count) && fitting.count > 1
      && (effective.method.base != .required || standard == effective.base)
    guard isEnough else {
      return copyStandard(standard, of: request, slice: slice, odd: [], reason: "\(names) left out")
    }
    merge(Selection(kept: fitting, remark: "without \(names)"), of: request, slice: slice)
  }

  private mutating func copyStandard(
    _ standard: Int, of request: StepRequest, slice: Slice, odd: [Int], reason: String
  ) {
    guard let tensor = request.asked[standard].tensor else { return }
    for index in odd {
      let source = slice.effective.sources[index]
      let why = request.asked[index].tensor.map { "\(source.model.text) has the shape \($0.shape)" }
      faults.allowed(
        source, "\(request.name) is copied: \(why ?? "\(source.model.text) has none")", more: "are copied",
        subject: "copied ")
    }
    let dtype = outputDType(of: request.name, [tensor], base: standard == slice.effective.base ? tensor : nil)
    copy(standard, of: request, slice: slice, dtype: dtype, reason: reason)
  }

  /// The rows and columns that a tensor of the vocabulary is cut to: the base's for methods that work on differences
  /// to it, and otherwise those that all have.
  ///
  /// A model may have fewer rows than such a base: beyond them its difference, or task vector, is zero.
  private func commonBlock(of request: StepRequest, standard: Int, slice: Slice) -> Shape? {
    guard request.role == .embedding || request.role == .head else { return nil }
    let tensors = request.asked.compactMap(\.tensor)
    guard let expected = request.asked[standard].tensor?.shape.dimensions, tensors.allSatisfy(\.dtype.isFloatingPoint),
      tensors.allSatisfy({ $0.shape.dimensions.count == expected.count }), (1...2).contains(expected.count)
    else { return nil }
    let method = slice.effective.method
    // These interpolate between models instead of adding to the base.
    let isBetween = method.base != .required || ["arcee_fusion", "model_stock", "slerp"].contains(method.name)
    guard isBetween else {
      let isCovered = tensors.allSatisfy { zip($0.shape.dimensions, expected).dropFirst().allSatisfy { $0 >= $1 } }
      return isCovered ? Shape(expected) : nil
    }
    return Shape(expected.indices.map { axis in tensors.map { $0.shape.dimensions[axis] }.min() ?? 0 })
  }
}

extension Shape {
  /// The smaller of both extents along each axis.
  func clamped(to other: Shape) -> Shape { Shape(zip(dimensions, other.dimensions).map { min($0, $1) }) }
}
