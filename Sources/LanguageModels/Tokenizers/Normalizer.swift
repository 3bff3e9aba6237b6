// Canonical composition is in the standard library, but only under this name; Foundation has it in its large part only.
@_spi(_Unicode) import Swift

/// What happens to a text before it is cut into words.
indirect enum Normalizer: Sendable {
  case composed
  case decomposed
  case lowercase
  case strip(left: Bool, right: Bool)
  case prepend([UInt8])
  case replace(TextPattern, with: [UInt8])
  case byteLevel
  case sequence([Normalizer])

  private enum Kind: String, CaseIterable {
    case nfc = "NFC"
    case nfd = "NFD"
    case lowercase = "Lowercase"
    case strip = "Strip"
    case prepend = "Prepend"
    case replace = "Replace"
    case byteLevel = "ByteLevel"
    case sequence = "Sequence"
  }

  init(_ value: ModelValue) throws(ModelError) {
    let kind: Kind = try value.kind(of: "normalizer")
    switch kind {
    case .nfc: self = .composed
    case .nfd: self = .decomposed
    case .lowercase: self = .lowercase
    case .strip:
      self = .strip(
        left: try value.bool("strip_left", default: true), right: try value.bool("strip_right", default: true))
    case .prepend: self = .prepend(Array(try value.member("prepend").string().utf8))
    case .replace:
      self = .replace(try value.member("pattern").pattern(), with: Array(try value.member("content").string().utf8))
    case .byteLevel: self = .byteLevel
    case .sequence:
      var steps: [Normalizer] = []
      for element in try value.member("normalizers").elements() { steps.append(try Normalizer(element)) }
      self = .sequence(steps)
    }
  }

  /// The normalised text; both are valid UTF-8.
  func apply(_ text: [UInt8]) throws(TextPatternError) -> [UInt8] {
    switch self {
    case .composed, .decomposed:
      // ASCII is its own normal form.
      guard text.contains(where: { $0 >= 0x80 }) else { return text }
      let string = String(decoding: text, as: UTF8.self)
      var result: [UInt8] = []
      result.reserveCapacity(text.count)
      if case .composed = self {
        for scalar in string._nfc { result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter }
      } else {
        for scalar in string._nfd { result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter }
      }
      return result
    case .lowercase:
      // Scalar by scalar: the special rule for a sigma at the end of a word is not applied.
      var result: [UInt8] = []
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
        result += Array(scalar.properties.lowercaseMapping.utf8)
      }
      return result
    case .strip(let left, let right):
      return text.withUnsafeBufferPointer { bytes in
        var start = 0
        var end = bytes.count
        while left, start < end {
          let (scalar, length) = ScalarReader.scalar(in: bytes, at: start)
          guard scalar.isWhiteSpace else { break }
          start += length
        }
        while right, start < end {
          let (scalar, length) = ScalarReader.scalar(in: bytes, before: end)
          guard scalar.isWhiteSpace else { break }
          end -= length
        }
        return Array(bytes[start..<end])
      }
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .replace(let pattern, let replacement):
      return try replacing(pattern, with: replacement, in: text)
    case .byteLevel:
      var result: [UInt8] = []
      text.withUnsafeBufferPointer { ByteAlphabet.append($0, to: &result) }
      return result
    case .sequence(let steps):
      var result = text
      for step in steps { result = try step.apply(result) }
      return result
    }
  }
}

/// A text with every match of a pattern replaced.
func replacing(
  _ pattern: TextPattern, with replacement: [UInt8], in text: [UInt8]
) throws(TextPatternError) -> [UInt8] {
  let matches = try pattern.matches(in: text)
  guard !matches.isEmpty else { return text }
  var result: [UInt8] = []
  var position = 0
  for match in matches {
    result += text[position..<match.lowerBound]
    result += replacement
    position = match.upperBound
  }
  return result + text[position...]
}

extension ModelValue {
  /// A pattern as tokenizer files spell it: `{"Regex": "…"}` or `{"String": "…"}`.
  func pattern() throws(ModelError) -> TextPattern {
    if let text = self["String"] {
      return try text.compiled(TextPattern.escaped(try text.string()))
    }
    guard let regex = self["Regex"] else {
      throw failure("expected an object with the key \"Regex\" or \"String\"")
    }
    return try regex.compiled(try regex.string())
  }

  private func compiled(_ pattern: String) throws(ModelError) -> TextPattern {
    do throws(TextPatternError) {
      return try TextPattern(pattern)
    } catch {
      throw failure("the pattern cannot be used: \(error.message) (at offset \(error.offset))")
    }
  }
}
