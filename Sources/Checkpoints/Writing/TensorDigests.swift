private import Synchronization
internal import Tensors

/// A digest of each tensor, made while its pieces pass by.
///
/// A tensor's digest is XXH3-128 over the XXH3-128 digests (each in canonical byte order) of its stored bytes, cut into
/// pieces of `pieceElements` elements. Pieces may so come in any order, on any thread. What did not come as whole
/// pieces, or was written by an earlier run, is read back from the file in the end.
///
/// A class, because its state belongs to all writing threads.
final class TensorDigests: Sendable {
  /// The elements of a piece: what a merge writes at a time.
  static let pieceElements = 524_288

  private let layout: CheckpointLayout
  private let pieces: Mutex<[Int: [Int: ContentDigest]]>

  init(_ layout: CheckpointLayout) {
    self.layout = layout
    pieces = Mutex([:])
  }

  /// The size of a tensor's pieces in bytes, all but the last.
  static func pieceByteCount(_ elements: StoredForm.Elements) -> Int { elements.byteCount(elements: pieceElements) }

  /// Takes stored bytes of a tensor if they are a whole piece.
  func add(_ bytes: UnsafeRawBufferPointer, tensor: Int, byteOffset: Int) {
    let size = Self.pieceByteCount(layout.placements[tensor].form.elements)
    let (number, rest) = byteOffset.quotientAndRemainder(dividingBy: size)
    guard rest == 0, bytes.count == min(size, layout.storedByteCount(of: tensor) - byteOffset) else { return }
    let digest = ContentDigest(of: bytes)
    pieces.withLock { $0[tensor, default: [:]][number] = digest }
  }

  /// The digest of a tensor; pieces that are not known are read from the file.
  func digest(of tensor: Int, in file: MappedFile) -> ContentDigest {
    let start = layout.placements[tensor].offset
    let known = pieces.withLock { $0[tensor] ?? [:] }
    return Self.digest(
      of: start..<start + layout.storedByteCount(of: tensor), in: file,
      pieceByteCount: Self.pieceByteCount(layout.placements[tensor].form.elements), known)
  }

  /// The digest of a tensor's stored bytes; what was read does not stay resident.
  static func digest(
    of stored: Range<Int>, in file: MappedFile, pieceByteCount: Int, _ known: [Int: ContentDigest] = [:]
  ) -> ContentDigest {
    var digests: [ContentDigest] = []
    for (number, start) in stride(from: stored.lowerBound, to: stored.upperBound, by: max(1, pieceByteCount))
      .enumerated()
    {
      if let digest = known[number] {
        digests.append(digest)
        continue
      }
      let piece = start..<min(stored.upperBound, start + pieceByteCount)
      digests.append(ContentDigest(of: UnsafeRawBufferPointer(rebasing: file.bytes[piece])))
      file.release(piece)
    }
    return ContentDigest(joining: digests)
  }
}
