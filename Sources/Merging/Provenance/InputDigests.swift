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
  /// A tensor of a model.
  private struct Key: Hashable {
    var model: Int
    var tensor: TensorDescription
  }

  private let bands: Mutex<[Key: [Int: ContentDigest]]> = Mutex([:])

  /// Takes a whole band of an input.
  func add(_ bytes: UnsafeRawBufferPointer, of input: PlannedInput, band: Int) {
    let key = Key(model: input.model, tensor: input.part)
    // A model that stands in many layers of the output is read again for each.
    guard bands.withLock({ $0[key]?[band] == nil }) else { return }
    let digest = ContentDigest(of: bytes)
    bands.withLock { $0[key, default: [:]][band] = digest }
  }

  /// A digest in the making for a whole band of an input, or nil if it is known.
  func digester(of input: PlannedInput, band: Int) -> ContentDigester? {
    let key = Key(model: input.model, tensor: input.part)
    return bands.withLock { $0[key]?[band] == nil } ? ContentDigester() : nil
  }

  /// Takes the digest of a whole band of an input.
  func add(_ digest: ContentDigest, of input: PlannedInput, band: Int) {
    bands.withLock { $0[Key(model: input.model, tensor: input.part), default: [:]][band] = digest }
  }

  package init() {}

  /// Reads what an earlier run has read and this one has not; the results of stages are none of the inputs.
  package func complete(_ plan: MergePlan, sources: [any TensorSource], threads: Int) throws {
    let known = bands.withLock { Set($0.keys) }
    // Of a tensor that is filled up, the tensor itself counts.
    let left = Set(plan.steps.flatMap(\.inputs)).filter {
      !plan.models[$0.model].isStage && !known.contains(Key(model: $0.model, tensor: $0.part))
    }.map(\.self)
    try ThreadTeam(count: threads).share(left.count) { _, next in
      while let number = next() {
        let input = left[number]
        let source = try input.partSource(in: sources)
        for band in 0..<Bands.count(of: input.part.shape.elementCount) {
          let elements = Bands.range(band, of: input.part.shape.elementCount)
          let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: elements.count * input.tensor.dtype.byteCount, alignment: 64)
          defer { bytes.deallocate() }
          try source.read(input.tensor.name, elements: elements, into: bytes)
          add(UnsafeRawBufferPointer(bytes), of: input, band: band)
        }
      }
    }
  }

  /// The digest of what was read of a model, and of how many tensors that was.
  package func digest(ofModel model: Int) -> (text: String, tensors: Int) { Self.digest(of: lines(ofModel: model)) }

  /// A line for each tensor that was read of a model.
  func lines(ofModel model: Int) -> [String] {
    bands.withLock { bands in bands.filter { $0.key.model == model } }.map { key, bands in
      let whole = ContentDigest(joining: bands.sorted { $0.key < $1.key }.map(\.value))
      return "\(key.tensor.name) \(key.tensor.dtype.rawValue) \(key.tensor.shape) \(whole.text)\n"
    }
  }

  /// The digest of tensors, each of which counts once.
  static func digest(of lines: [String]) -> (text: String, tensors: Int) {
    let lines = Set(lines).sorted()
    return (ContentDigest(of: lines.joined()).text, lines.count)
  }
}
