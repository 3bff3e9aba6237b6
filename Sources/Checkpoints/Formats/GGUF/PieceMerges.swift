/// The merges of a byte-pair vocabulary that states scores in their place, as SentencePiece does.
///
/// SentencePiece joins those neighbours whose union is the piece with the highest score. So every way of cutting a
/// piece into two pieces is a merge, and merges are ordered by the score of what they make: the rule by which
/// transformers turns such vocabularies into merges.
struct PieceMerges {
  /// Two pieces and what they become together, by their numbers.
  struct Merge: Equatable {
    var left: Int32
    var right: Int32
    var result: Int32
  }

  /// The merges, the one that is done first in front.
  let merges: [Merge]

  /// The largest sum of the squares of the pieces' sizes: it bounds the work, and the size of the merges' texts. The
  /// largest published vocabulary, Gemma's with 262 144 pieces, has two fifths of it.
  static let maximumWork = 1 << 26

  /// Whether pieces are short enough for all their cuts to be looked up.
  static func isFeasible(_ pieces: [Range<Int>]) -> Bool {
    var work = 0
    for piece in pieces {
      guard piece.count <= maximumWork else { return false }
      work += piece.count * piece.count
      guard work <= maximumWork else { return false }
    }
    return true
  }

  /// Finds the merges of feasible pieces.
  ///
  /// - Parameters:
  ///   - pieces: the places of the pieces' texts.
  ///   - bytes: what the places are in.
  ///   - scores: a score for each piece, none of them a NaN.
  ///   - takesPart: whether a piece is made and joined by merges.
  init(of pieces: [Range<Int>], in bytes: UnsafeRawBufferPointer, scores: [Float], where takesPart: (Int) -> Bool) {
    var numbers: [Key: Int32] = [:]
    numbers.reserveCapacity(pieces.count)
    // Of equal pieces the last one counts, as for llama.cpp.
    for (number, piece) in pieces.enumerated() where takesPart(number) {
      numbers[Key(UnsafeRawBufferPointer(rebasing: bytes[piece]))] = Int32(number)
    }
    var found: [Merge] = []
    // The best scores first, and pieces of equal scores in their order.
    let order = numbers.values.sorted { a, b in
      let (first, second) = (scores[Int(a)], scores[Int(b)])
      return first == second ? a < b : first > second
    }
    for number in order {
      let piece = pieces[Int(number)]
      guard piece.count > 1 else { continue }
      // The longest left part first, as transformers has it.
      for cut in (piece.lowerBound + 1..<piece.upperBound).reversed() where bytes[cut] & 0xC0 != 0x80 {
        guard let left = numbers[Key(UnsafeRawBufferPointer(rebasing: bytes[piece.lowerBound..<cut]))],
          let right = numbers[Key(UnsafeRawBufferPointer(rebasing: bytes[cut..<piece.upperBound]))]
        else { continue }
        found.append(Merge(left: left, right: right, result: number))
      }
    }
    merges = found
  }

  /// Bytes of a file as the key of a dictionary, without a copy.
  private struct Key: Hashable {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func == (a: Key, b: Key) -> Bool { a.bytes.elementsEqual(b.bytes) }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
  }
}
