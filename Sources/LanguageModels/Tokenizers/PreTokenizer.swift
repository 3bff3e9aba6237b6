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
}

/// How a text is cut into the words that the model's merges stay within.
indirect enum PreTokenizer: Sendable {
  case byteLevel(addsPrefixSpace: Bool, splitter: TextPattern?)
  case digits(individual: Bool)
  case split(TextPattern, SplitBehavior, inverted: Bool)
  case whitespace(TextPattern)
  case whitespaceSplit
  case punctuation(SplitBehavior)
  case delimiter(Unicode.Scalar)
  case metaspace(Metaspace)
  case sequence([PreTokenizer])

  /// GPT-2's words: contractions, letters, numbers, other signs, each with a space before it; then white space.
  static let byteLevelPattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private enum Kind: String, CaseIterable {
    case byteLevel = "ByteLevel"
    case digits = "Digits"
    case split = "Split"
    case whitespace = "Whitespace"
    case whitespaceSplit = "WhitespaceSplit"
    case punctuation = "Punctuation"
    case delimiter = "CharDelimiterSplit"
    case metaspace = "Metaspace"
    case sequence = "Sequence"
  }

  init(_ value: ModelValue) throws(ModelError) {
    let kind: Kind = try value.kind(of: "pre-tokenizer")
    switch kind {
    case .byteLevel:
      let splits = try value.bool("use_regex", default: true)
      self = .byteLevel(
        addsPrefixSpace: try value.bool("add_prefix_space", default: true),
        splitter: splits ? try value.builtIn(Self.byteLevelPattern) : nil)
    case .digits: self = .digits(individual: try value.bool("individual_digits", default: false))
    case .split:
      self = .split(
        try value.member("pattern").pattern(), try value.kind("behavior", of: "split behavior"),
        inverted: try value.bool("invert", default: false))
    case .whitespace: self = .whitespace(try value.builtIn(#"\w+|[^\w\s]+"#))
    case .whitespaceSplit: self = .whitespaceSplit
    case .punctuation:
      self = .punctuation(value["behavior"] == nil ? .isolated : try value.kind("behavior", of: "split behavior"))
    case .delimiter:
      let delimiter = try value.member("delimiter")
      let scalars = Array(try delimiter.string().unicodeScalars)
      guard scalars.count == 1 else { throw delimiter.failure("expected a single character") }
      self = .delimiter(scalars[0])
    case .metaspace: self = .metaspace(try Metaspace(value))
    case .sequence:
      var steps: [PreTokenizer] = []
      for element in try value.member("pretokenizers").elements() { steps.append(try PreTokenizer(element)) }
      self = .sequence(steps)
    }
  }

  func apply(to text: inout PieceText) throws(TextPatternError) {
    switch self {
    case .byteLevel(let addsPrefixSpace, let splitter):
      if addsPrefixSpace { text.prependSpaces() }
      if let splitter {
        try text.cut { (piece) throws(TextPatternError) in
          SplitBehavior.isolated.parts(try splitter.matches(in: piece), inverted: false, count: piece.count)
        }
      }
      text.writeInByteAlphabet()
    case .digits(let individual):
      try text.cut { $0.parts(individual ? .isolated : .contiguous, where: \.isNumeric) }
    case .split(let pattern, let behavior, let inverted):
      try text.cut { (piece) throws(TextPatternError) in
        behavior.parts(try pattern.matches(in: piece), inverted: inverted, count: piece.count)
      }
    case .whitespace(let pattern):
      try text.cut { (piece) throws(TextPatternError) in
        SplitBehavior.removed.parts(try pattern.matches(in: piece), inverted: true, count: piece.count)
      }
    case .whitespaceSplit: try text.cut { $0.parts(.removed, where: \.isWhiteSpace) }
    case .punctuation(let behavior): try text.cut { $0.parts(behavior, where: \.isPunctuation) }
    case .delimiter(let delimiter): try text.cut { $0.parts(.removed) { $0 == delimiter } }
    case .metaspace(let metaspace): try metaspace.apply(to: &text)
    case .sequence(let steps): for step in steps { try step.apply(to: &text) }
    }
  }
}

extension PieceText {
  /// Puts a space in front of every piece that does not begin with one.
  fileprivate mutating func prependSpaces() {
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

  fileprivate mutating func writeInByteAlphabet() {
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

extension UnsafeBufferPointer<UInt8> {
  /// The parts that remain when the scalars that fulfil a condition count as matches, each by itself.
  fileprivate func parts(_ behavior: SplitBehavior, where matches: (Unicode.Scalar) -> Bool) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var position = 0
    while position < count {
      let (scalar, length) = ScalarReader.scalar(in: self, at: position)
      if matches(scalar) { found.append(position..<position + length) }
      position += length
    }
    return behavior.parts(found, inverted: false, count: count)
  }
}

extension ModelValue {
  fileprivate func builtIn(_ pattern: String) throws(ModelError) -> TextPattern {
    do throws(TextPatternError) {
      return try TextPattern(pattern)
    } catch {
      throw failure("the built-in pattern cannot be used: \(error.message)")
    }
  }
}
