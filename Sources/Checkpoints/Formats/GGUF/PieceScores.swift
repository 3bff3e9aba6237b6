internal import Documents

/// The scores that stand for the merges of a byte-pair vocabulary in formats without merges.
///
/// The piece that is made first gets 0, the next one -1, and so on: the scores of SentencePiece's own byte-pair
/// models. What has no merge gets a score below all of them.
struct PieceScores {
  /// A score for each piece.
  let scores: [Float]

  /// Finds the scores.
  ///
  /// - Parameters:
  ///   - merges: the texts of both pieces of each merge, in the order of the merges.
  ///   - pieces: the texts of the pieces.
  ///   - takesPart: whether a piece is made and joined by merges.
  /// - Throws: if no scores can stand for the merges.
  init(
    of merges: [(left: [UInt8], right: [UInt8])], pieces: [[UInt8]], where takesPart: (Int) -> Bool
  ) throws(CheckpointError) {
    var numbers: [[UInt8]: Int] = [:]
    for (number, piece) in pieces.enumerated() where takesPart(number) { numbers[piece] = number }
    var ranks = [Int?](repeating: nil, count: pieces.count)
    var made = [Int](repeating: 0, count: pieces.count)
    var count = 0
    for merge in merges {
      guard numbers[merge.left] != nil, numbers[merge.right] != nil, let result = numbers[merge.left + merge.right]
      else { continue }
      made[result] += 1
      if ranks[result] == nil {
        ranks[result] = count
        count += 1
      }
    }
    // Scores allow every cut of a piece into two. If merges allow only some of them, texts would become other tokens.
    for (number, piece) in pieces.enumerated() where made[number] > 0 {
      let cuts = piece.indices.dropFirst().filter { cut in
        piece[cut] & 0xC0 != 0x80 && numbers[Array(piece[..<cut])] != nil && numbers[Array(piece[cut...])] != nil
      }
      guard cuts.count == made[number] else {
        throw GGUFModelSettings.refusal(
          "no scores can stand for the merges of the tokenizer, which do not make the token "
            + "\(PrintableText.quoted(String(decoding: piece, as: UTF8.self))) of all its parts",
          hint: "a tokenizer.model beside it would settle the scores")
      }
    }
    scores = ranks.map { -Float($0 ?? count) }
  }
}
