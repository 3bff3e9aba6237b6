private import Synchronization
internal import Tensors

/// A digest of each tensor, made while its pieces pass by, and its checksum where the format wants one.
///
/// A tensor's digest is XXH3-128 over the XXH3-128 digests (each in canonical byte order) of its stored bytes, cut into
/// pieces of `pieceElements` elements. Pieces may so come in any order, on any thread. What did not come as whole
/// pieces, or was written by an earlier run, is read back from the file in the end.
///
/// A class, because its state belongs to all writing threads.
final class TensorDigests: Sendable {
  /// The elements of a piece: what a merge writes at a time.
  static let pieceElements = 524_288

  /// What is known of a piece.
  private struct Piece {
    var digest: ContentDigest
    /// Made only where the format wants it.
    var checksum: Checksum
  }

  private let layout: CheckpointLayout
  private let pieces: Mutex<[Int: [Int: Piece]]>

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
    let piece = piece(of: bytes)
    pieces.withLock { $0[tensor, default: [:]][number] = piece }
  }

  private func piece(of bytes: UnsafeRawBufferPointer) -> Piece {
    Piece(digest: ContentDigest(of: bytes), checksum: layout.closing == nil ? Checksum() : Checksum(of: bytes))
  }

  /// The digest of a tensor, and its checksum if the format wants one; pieces that are not known are read from the file.
  func summary(of tensor: Int, in file: MappedFile) -> (digest: ContentDigest, checksum: Checksum) {
    let start = layout.placements[tensor].offset
    let known = pieces.withLock { $0[tensor] ?? [:] }
    let size = Self.pieceByteCount(layout.placements[tensor].form.elements)
    var digests: [ContentDigest] = []
    var checksum = Checksum()
    Self.forEachPiece(of: start..<start + layout.storedByteCount(of: tensor), size: size) { number, range in
      let piece = known[number] ?? file.reading(range, piece(of:))
      digests.append(piece.digest)
      checksum.add(piece.checksum)
    }
    return (ContentDigest(joining: digests), checksum)
  }

  /// The digest of a tensor's stored bytes; what was read does not stay resident.
  static func digest(of stored: Range<Int>, in file: MappedFile, pieceByteCount: Int) -> ContentDigest {
    var digests: [ContentDigest] = []
    forEachPiece(of: stored, size: pieceByteCount) { _, range in
      digests.append(file.reading(range) { ContentDigest(of: $0) })
    }
    return ContentDigest(joining: digests)
  }

  private static func forEachPiece(of stored: Range<Int>, size: Int, _ body: (Int, Range<Int>) -> Void) {
    for (number, start) in stride(from: stored.lowerBound, to: stored.upperBound, by: max(1, size)).enumerated() {
      body(number, start..<min(stored.upperBound, start + size))
    }
  }
}

extension MappedFile {
  /// What `body` makes of a byte range, which then does not stay resident.
  fileprivate func reading<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    defer { release(range) }
    return body(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }
}
