/// How a text is cut into the words that the model's merges stay within.
indirect enum PreTokenizer: Sendable {
  case byteLevel(addsPrefixSpace: Bool, splitter: TextPattern?)
  case digits(individual: Bool)
  case split(TextPattern, SplitBehavior, inverted: Bool)
  case whitespace
  case whitespaceSplit
  case punctuation(SplitBehavior)
  case delimiter(Unicode.Scalar)
  case bert
  case length(Int)
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
    case bert = "BertPreTokenizer"
    case length = "FixedLength"
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
    case .whitespace: self = .whitespace
    case .whitespaceSplit: self = .whitespaceSplit
    case .punctuation:
      self = .punctuation(value["behavior"] == nil ? .isolated : try value.kind("behavior", of: "split behavior"))
    case .delimiter:
      let delimiter = try value.member("delimiter")
      let scalars = Array(try delimiter.string().unicodeScalars)
      guard scalars.count == 1 else { throw delimiter.failure("expected a single character") }
      self = .delimiter(scalars[0])
    case .bert: self = .bert
    case .length: self = .length(try value.integer("length", in: 1...(1 << 30), default: 5))
    case .metaspace: self = .metaspace(try Metaspace(value))
    case .sequence:
      var steps: [PreTokenizer] = []
      for element in try value.member("pretokenizers").elements() { steps.append(try PreTokenizer(element)) }
      self = .sequence(steps)
    }
  }

  func apply(to text: inout PieceText, _ classes: ScalarClasses) throws(TextPatternError) {
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
      text.cut(individual ? .isolated : .contiguous, classes) { found, _ in found.contains(.number) }
    case .split(let pattern, let behavior, let inverted):
      try text.cut { (piece) throws(TextPatternError) in
        behavior.parts(try pattern.matches(in: piece), inverted: inverted, count: piece.count)
      }
    case .whitespace:
      text.cut(.removed, classes) { found, _ in found.contains(.space) }
      text.cut(.contiguous, classes) { found, _ in found.contains(.word) }
    case .whitespaceSplit: text.cut(.removed, classes) { found, _ in found.contains(.space) }
    case .punctuation(let behavior): text.cut(behavior, classes) { found, _ in found.contains(.punctuation) }
    case .delimiter(let delimiter): text.cut(.removed, classes) { _, scalar in scalar == delimiter.value }
    case .bert: text.cutIntoBERTWords(classes)
    case .length(let length): text.cut(length: length)
    case .metaspace(let metaspace): metaspace.apply(to: &text)
    case .sequence(let steps): for step in steps { try step.apply(to: &text, classes) }
    }
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
