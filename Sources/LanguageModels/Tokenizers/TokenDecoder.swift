/// How the spellings of tokens become text again.
indirect enum TokenDecoder: Sendable {
  case byteLevel
  case byteFallback
  case metaspace(Metaspace)
  case fuse
  case replace(TextPattern, with: [UInt8])
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case suffix([UInt8])
  case wordPiece(prefix: [UInt8], cleans: Bool)
  case sequence([TokenDecoder])

  private enum Kind: String, CaseIterable {
    case byteLevel = "ByteLevel"
    case byteFallback = "ByteFallback"
    case metaspace = "Metaspace"
    case fuse = "Fuse"
    case replace = "Replace"
    case strip = "Strip"
    case bytePair = "BPEDecoder"
    case wordPiece = "WordPiece"
    case sequence = "Sequence"
  }

  init(_ value: ModelValue) throws(ModelError) {
    let kind: Kind = try value.kind(of: "decoder")
    switch kind {
    case .byteLevel: self = .byteLevel
    case .byteFallback: self = .byteFallback
    case .metaspace: self = .metaspace(try Metaspace(value))
    case .fuse: self = .fuse
    case .replace:
      self = .replace(try value.member("pattern").pattern(), with: Array(try value.member("content").string().utf8))
    case .strip:
      let content = try value.member("content")
      let scalars = Array(try content.string().unicodeScalars)
      guard scalars.count == 1 else { throw content.failure("expected a single character") }
      self = .strip(
        scalars[0], start: try value.integer("start", in: 0...4096, default: 0),
        stop: try value.integer("stop", in: 0...4096, default: 0))
    case .bytePair: self = .suffix(Array((try value.string("suffix") ?? "</w>").utf8))
    case .wordPiece:
      self = .wordPiece(
        prefix: Array((try value.string("prefix") ?? "##").utf8), cleans: try value.bool("cleanup", default: true))
    case .sequence:
      var steps: [TokenDecoder] = []
      for element in try value.member("decoders").elements() { steps.append(try TokenDecoder(element)) }
      self = .sequence(steps)
    }
  }

  /// One step on the way to text; the steps' last result is joined.
  func apply(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .byteLevel:
      // Bytes that are no valid UTF-8 become replacement characters here, over the borders of tokens.
      let bytes = tokens.flatMap(ByteAlphabet.decoded)
      return [Array(String(decoding: bytes, as: UTF8.self).utf8)]
    case .byteFallback: return ByteSpelling.decoded(tokens)
    case .metaspace(let metaspace): return metaspace.decoded(tokens)
    case .fuse: return [Array(tokens.joined())]
    case .replace(let pattern, let replacement):
      // A pattern that gives up on a token leaves it as it is.
      return tokens.map { token in
        token.withUnsafeBufferPointer { text in
          (try? pattern.matches(in: text)).map { replacing($0, with: replacement, in: text) } ?? token
        }
      }
    case .strip(let scalar, let start, let stop): return tokens.map { strip($0, scalar, start: start, stop: stop) }
    case .suffix(let suffix):
      return tokens.enumerated().map { index, token in
        guard !suffix.isEmpty, token.count >= suffix.count, token.suffix(suffix.count).elementsEqual(suffix) else {
          return token
        }
        return token.dropLast(suffix.count) + (index + 1 < tokens.count ? [UInt8(ascii: " ")] : [])
      }
    case .wordPiece(let prefix, let cleans):
      return tokens.enumerated().map { index, token in
        var result = token
        if index > 0 {
          result = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [UInt8(ascii: " ")] + token
        }
        return cleans ? Self.cleaned(result) : result
      }
    case .sequence(let steps): return steps.reduce(tokens) { $1.apply($0) }
    }
  }

  /// English as it is written, without the spaces between words and signs.
  private static func cleaned(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(UInt8(ascii: " ")) else { return text }
    return tidying.reduce(text) { text, rule in
      text.withUnsafeBufferPointer { $0.replacing(Array(rule.0.utf8), with: Array(rule.1.utf8)) }
    }
  }

  private static let tidying = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  private func strip(_ token: [UInt8], _ scalar: Unicode.Scalar, start: Int, stop: Int) -> [UInt8] {
    var scalars = Array(String(decoding: token, as: UTF8.self).unicodeScalars)[...]
    var count = 0
    while count < start, scalars.first == scalar {
      scalars.removeFirst()
      count += 1
    }
    count = 0
    while count < stop, scalars.last == scalar {
      scalars.removeLast()
      count += 1
    }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars)
    return Array(String(result).utf8)
  }
}
