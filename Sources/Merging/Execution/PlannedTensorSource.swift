internal import Kernels
public import MergeSpecs
public import Tensors

/// A plan as a model: tensors are merged while they are read, and nothing is written anywhere.
public struct PlannedTensorSource: TensorSource {
  /// The tensors of the merge.
  public let index: TensorIndex
  private let steps: [String: PlanStep]
  private let sources: [any TensorSource]
  private let resources: MergeResources
  private let modelsToCheck: [String]?

  /// Serves a plan.
  ///
  /// - Parameter sources: one per model of the plan, in its order.
  public init(plan: MergePlan, sources: [any TensorSource], resources: MergeResources) {
    index = plan.outputIndex
    steps = Dictionary(plan.steps.map { ($0.output.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.sources = sources
    self.resources = resources
    modelsToCheck = plan.modelsToCheck
  }

  /// Merges the tensor and copies the elements asked for.
  ///
  /// Methods that survey their inputs do so at every call, so a tensor is best read whole.
  public func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let description = try checkRequest(tensor, elements: range, into: destination)
    guard let step = steps[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    guard !range.isEmpty else { return }
    let workers = ThreadTeam(count: resources.threads)
    let scratches = (0..<workers.count).map { _ in Scratch(inputs: step.inputs.count) }
    let runner = try StepRunner(
      step: step, sources: sources, workers: workers, scratches: scratches, residentBytes: resources.residentBytes,
      refusingNonFiniteOf: modelsToCheck)
    let size = description.dtype.byteCount
    let elements = description.shape.elementCount
    let first = range.lowerBound / Bands.elements
    let last = (range.upperBound - 1) / Bands.elements
    let target = UnsafeDestination(destination)
    try workers.share(last - first + 1) { worker, next in
      while let number = next() {
        let band = Bands.range(first + number, of: elements)
        let wanted = band.clamped(to: range)
        let place = target.bytes[
          (wanted.lowerBound - range.lowerBound) * size..<(wanted.upperBound - range.lowerBound) * size]
        if wanted == band {
          try runner.write(band, into: UnsafeMutableRawBufferPointer(rebasing: place), scratch: scratches[worker])
        } else {
          // Bands begin at block borders; the part that was not asked for is computed and left behind.
          let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: band.count * size, alignment: 64)
          defer { whole.deallocate() }
          try runner.write(band, into: whole, scratch: scratches[worker])
          let skipped = (wanted.lowerBound - band.lowerBound) * size
          UnsafeMutableRawBufferPointer(rebasing: place).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: whole[skipped..<skipped + wanted.count * size]))
        }
      }
    }
  }
}

/// The caller's buffer, written by several workers at disjoint places.
private struct UnsafeDestination: @unchecked Sendable {
  // Workers write to disjoint ranges, and the call that owns the buffer outlives them.
  let bytes: UnsafeMutableRawBufferPointer
  init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }
}
