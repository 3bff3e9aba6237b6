/// A text on its way to words: its bytes, and the pieces that it has been cut into so far.
struct PieceText {
  var bytes: [UInt8]
  var pieces: [Range<Int>]
  /// Whether no added token stands before it.
  let beginsText: Bool

  init(_ bytes: [UInt8], beginsText: Bool) {
    self.bytes = bytes
    self.beginsText = beginsText
    pieces = bytes.isEmpty ? [] : [0..<bytes.count]
  }

  /// Cuts every piece further; a cut returns ranges within the piece.
  mutating func cut(
    _ body: (UnsafeBufferPointer<UInt8>) throws(TextPatternError) -> [Range<Int>]
  ) throws(TextPatternError) {
    var result: [Range<Int>] = []
    result.reserveCapacity(pieces.count)
    let outcome: Result<Void, TextPatternError> = bytes.withUnsafeBufferPointer { all in
      do throws(TextPatternError) {
        for piece in pieces {
          for part in try body(UnsafeBufferPointer(rebasing: all[piece])) where !part.isEmpty {
            result.append(piece.lowerBound + part.lowerBound..<piece.lowerBound + part.upperBound)
          }
        }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try outcome.get()
    pieces = result
  }

  /// Cuts every piece where scalars fulfil a condition, each of them a match by itself.
  mutating func cut(
    _ behavior: SplitBehavior, _ classes: ScalarClasses, where matches: (ScalarClass, UInt32) -> Bool
  ) {
    var result: [Range<Int>] = []
    result.reserveCapacity(pieces.count + bytes.count / 4)
    bytes.withUnsafeBufferPointer { all in
      for piece in pieces {
        // Where the piece that is being made begins, and whether it is one of matches.
        var start = piece.lowerBound
        var isMatching = false
        let first = result.count
        var spans: [SplitBehavior.Span] = []
        var position = piece.lowerBound
        func finish() {
          guard start < position else { return }
          switch behavior {
          case .removed: if !isMatching { result.append(start..<position) }
          case .isolated, .contiguous: result.append(start..<position)
          case .mergedWithPrevious, .mergedWithNext: spans.append((start..<position, isMatching))
          }
          start = position
        }
        while position < piece.upperBound {
          let (scalar, length) = ScalarReader.value(in: all, at: position)
          let isMatch = matches(classes[scalar], scalar)
          if isMatch != isMatching || isMatch && behavior != .contiguous { finish() }
          isMatching = isMatch
          position += length
        }
        finish()
        if behavior == .mergedWithPrevious || behavior == .mergedWithNext {
          result.removeSubrange(first...)
          result += behavior.parts(spans)
        }
      }
    }
    pieces = result
  }

  /// Cuts every piece at white space, which goes, and around punctuation: the words of BERT.
  mutating func cutIntoBERTWords(_ classes: ScalarClasses) {
    var result: [Range<Int>] = []
    result.reserveCapacity(pieces.count + bytes.count / 4)
    bytes.withUnsafeBufferPointer { all in
      for piece in pieces {
        var start = piece.lowerBound
        var position = piece.lowerBound
        while position < piece.upperBound {
          let (found, length) = classes.at(position, all)
          if !found.isDisjoint(with: [.space, .punctuation]) {
            if start < position { result.append(start..<position) }
            if !found.contains(.space) { result.append(position..<position + length) }
            start = position + length
          }
          position += length
        }
        if start < position { result.append(start..<position) }
      }
    }
    pieces = result
  }

  /// Cuts every piece after each so many scalars.
  mutating func cut(length: Int) {
    var result: [Range<Int>] = []
    for piece in pieces {
      var start = piece.lowerBound
      var scalars = 0
      for position in piece where bytes[position] & 0xC0 != 0x80 {
        if scalars == length {
          result.append(start..<position)
          start = position
          scalars = 0
        }
        scalars += 1
      }
      result.append(start..<piece.upperBound)
    }
    pieces = result
  }

  /// Puts a space in front of every piece that does not begin with one.
  mutating func prependSpaces() {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + pieces.count)
    var places: [Range<Int>] = []
    for piece in pieces {
      let start = result.count
      if bytes[piece.lowerBound] != UInt8(ascii: " ") { result.append(UInt8(ascii: " ")) }
      result += bytes[piece]
      places.append(start..<result.count)
    }
    (bytes, pieces) = (result, places)
  }

  /// Writes the bytes of every piece in the alphabet of byte-level tokenizers.
  mutating func writeInByteAlphabet() {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 4)
    var places: [Range<Int>] = []
    places.reserveCapacity(pieces.count)
    bytes.withUnsafeBufferPointer { all in
      for piece in pieces {
        let start = result.count
        ByteAlphabet.append(UnsafeBufferPointer(rebasing: all[piece]), to: &result)
        places.append(start..<result.count)
      }
    }
    (bytes, pieces) = (result, places)
  }
}
