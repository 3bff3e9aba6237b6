internal import Documents

/// The parts of `tokenizer.json` around its vocabulary.
struct GGUFTokenizerParts {
  var normalizer: JSONValue = .null
  var preTokenizer: JSONValue = .null
  var decoder: JSONValue
  /// The post-processor where no token is put around texts.
  var plainPostProcessor: JSONValue = .null
  var ignoresMerges = false
  /// Whether characters that are no token become their bytes.
  var fallsBackToBytes = false

  /// The sign that SentencePiece writes for a space: ▁.
  static let space = "\u{2581}"

  /// Byte-level BPE that cuts texts in a known way.
  init(_ way: GGUFPreTokenizer) {
    normalizer = way.isComposing ? .object([("type", .string("NFC"))]) : .null
    var steps: [JSONValue] = way.patterns.map { pattern in
      .object([
        ("type", .string("Split")), ("pattern", .object([("Regex", .string(pattern))])),
        ("behavior", .string("Isolated")), ("invert", .bool(false)),
      ])
    }
    if way.splitsDigits { steps.append(.object([("type", .string("Digits")), ("individual_digits", .bool(true))])) }
    steps.append(Self.byteLevel(splits: way.patterns.isEmpty))
    preTokenizer =
      steps.count == 1
      ? steps[0] : .object([("type", .string("Sequence")), ("pretokenizers", .array(steps))])
    decoder = Self.byteLevel(splits: true)
    plainPostProcessor = .object([
      ("type", .string("ByteLevel")), ("add_prefix_space", .bool(true)), ("trim_offsets", .bool(false)),
    ])
    ignoresMerges = way.ignoresMerges
  }

  /// SentencePiece's byte-pair encoding, as transformers has it for Llama 2 or, without a space in front, for Gemma.
  init(addsSpacePrefix: Bool) {
    let replacing = Self.replacing(" ", with: Self.space)
    let prepending = JSONValue.object([("type", .string("Prepend")), ("prepend", .string(Self.space))])
    normalizer =
      addsSpacePrefix
      ? .object([("type", .string("Sequence")), ("normalizers", .array([prepending, replacing]))]) : replacing
    var steps: [JSONValue] = [
      Self.replacing(Self.space, with: " "), .object([("type", .string("ByteFallback"))]),
      .object([("type", .string("Fuse"))]),
    ]
    if addsSpacePrefix {
      steps.append(
        .object([
          ("type", .string("Strip")), ("content", .string(" ")), ("start", .integer(1)), ("stop", .integer(0)),
        ]))
    }
    decoder = .object([("type", .string("Sequence")), ("decoders", .array(steps))])
    fallsBackToBytes = true
  }

  /// BERT's word pieces.
  init(lowercases: Bool) {
    normalizer = .object([
      ("type", .string("BertNormalizer")), ("clean_text", .bool(true)), ("handle_chinese_chars", .bool(true)),
      ("strip_accents", .null), ("lowercase", .bool(lowercases)),
    ])
    preTokenizer = .object([("type", .string("BertPreTokenizer"))])
    decoder = .object([("type", .string("WordPiece")), ("prefix", .string("##")), ("cleanup", .bool(true))])
  }

  /// SentencePiece's Unigram models, as transformers has them for T5.
  ///
  /// - Parameter characters: the map by which characters are replaced first, as SentencePiece compiles it.
  init(characters: [UInt8]?, removesExtraSpaces: Bool, addsSpacePrefix: Bool) {
    var steps: [JSONValue] = []
    if let characters, !characters.isEmpty {
      steps.append(
        .object([("type", .string("Precompiled")), ("precompiled_charsmap", .string(Base64.encoded(characters)))]))
    }
    if removesExtraSpaces {
      steps.append(.object([("type", .string("Strip")), ("strip_left", .bool(false)), ("strip_right", .bool(true))]))
      steps.append(
        .object([
          ("type", .string("Replace")), ("pattern", .object([("Regex", .string(" {2,}"))])),
          ("content", .string(Self.space)),
        ]))
    }
    if !steps.isEmpty {
      normalizer = .object([("type", .string("Sequence")), ("normalizers", .array(steps))])
    }
    let metaspace = JSONValue.object([
      ("type", .string("Metaspace")), ("replacement", .string(Self.space)),
      ("prepend_scheme", .string(addsSpacePrefix ? "always" : "never")), ("split", .bool(true)),
    ])
    (preTokenizer, decoder) = (metaspace, metaspace)
  }

  private static func replacing(_ text: String, with content: String) -> JSONValue {
    .object([
      ("type", .string("Replace")), ("pattern", .object([("String", .string(text))])), ("content", .string(content)),
    ])
  }

  private static func byteLevel(splits: Bool) -> JSONValue {
    .object([
      ("type", .string("ByteLevel")), ("add_prefix_space", .bool(false)), ("trim_offsets", .bool(true)),
      ("use_regex", .bool(splits)),
    ])
  }
}
