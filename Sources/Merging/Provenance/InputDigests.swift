internal import Checkpoints
internal import Kernels
package import MergeSpecs
private import Synchronization
package import Tensors

/// What went into a merge, as a digest of each model, made while its bands pass by.
///
/// A model's digest is that of a list of the tensors that were read: name, dtype, shape, and XXH3-128 over the digests
/// of its bands. Where a checkpoint was written by this program in the same elements, its record has the same digests.
///
/// A class, because its state belongs to all threads of a merge.
package final class InputDigests: Sendable {
  private let bands: Mutex<[PlannedInput: [Int: ContentDigest]]> = Mutex([:])

  /// Takes a whole band of an input.
  func add(_ bytes: UnsafeRawBufferPointer, of input: PlannedInput, band: Int) {
    // A model that stands in many layers of the output is read again for each.
    guard bands.withLock({ $0[input]?[band] == nil }) else { return }
    let digest = ContentDigest(of: bytes)
    bands.withLock { $0[input, default: [:]][band] = digest }
  }

  package init() {}

  /// Reads what an earlier run has read and this one has not.
  package func complete(_ plan: MergePlan, sources: [any TensorSource], threads: Int) throws {
    let known = bands.withLock { Set($0.keys) }
    let left = Array(Set(plan.steps.flatMap(\.inputs)).subtracting(known))
    try ThreadTeam(count: threads).share(left.count) { _, next in
      while let number = next() {
        let input = left[number]
        let reading = try StepInputs([input], sources: sources, digests: self)
        let count = (input.block ?? input.tensor.shape).elementCount
        for band in 0..<Bands.count(of: count) {
          let elements = Bands.range(band, of: count)
          let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: elements.count * input.tensor.dtype.byteCount, alignment: 64)
          defer { bytes.deallocate() }
          try reading.copyBand(elements, into: bytes)
        }
      }
    }
  }

  /// The digest of what was read of a model, and of how many tensors that was.
  package func digest(ofModel model: Int) -> (text: String, tensors: Int) {
    let tensors = bands.withLock { bands in bands.filter { $0.key.model == model } }
    let lines = tensors.map { key, bands in
      let whole = ContentDigest(joining: bands.sorted { $0.key < $1.key }.map(\.value))
      let shape = key.block ?? key.tensor.shape
      return "\(key.tensor.name) \(key.tensor.dtype.rawValue) \(shape) \(whole.text)\n"
    }
    return (ContentDigest(of: lines.sorted().joined()).text, tensors.count)
  }
}
