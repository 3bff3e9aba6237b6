internal import Documents

/// What happens to a text before it is cut into words.
indirect enum Normalizer: Sendable {
  case form(UnicodeForm)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case prepend([UInt8])
  case replace(TextPattern, with: [UInt8])
  case replaceText([UInt8], with: [UInt8])
  case characterMap(CharacterMap)
  case sentencePiece(SentencePieceNormalizer)
  case machineTranslation
  case bert(BERTNormalizer)
  case byteLevel
  case sequence([Normalizer])

  private enum Kind: String, CaseIterable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"
    case lowercase = "Lowercase"
    case stripAccents = "StripAccents"
    case strip = "Strip"
    case prepend = "Prepend"
    case replace = "Replace"
    case precompiled = "Precompiled"
    case nmt = "Nmt"
    case bert = "BertNormalizer"
    case byteLevel = "ByteLevel"
    case sequence = "Sequence"
  }

  init(_ value: ModelValue) throws(ModelError) {
    let kind: Kind = try value.kind(of: "normalizer")
    switch kind {
    case .nfc: self = .form(.composed)
    case .nfd: self = .form(.decomposed)
    case .nfkc: self = .form(.compatibilityComposed)
    case .nfkd: self = .form(.compatibilityDecomposed)
    case .lowercase: self = .lowercase
    case .stripAccents: self = .stripAccents
    case .strip:
      self = .strip(
        left: try value.bool("strip_left", default: true), right: try value.bool("strip_right", default: true))
    case .prepend: self = .prepend(Array(try value.member("prepend").string().utf8))
    case .replace:
      let pattern = try value.member("pattern")
      let content = Array(try value.member("content").string().utf8)
      if let text = try pattern.string("String"), !text.isEmpty {
        self = .replaceText(Array(text.utf8), with: content)
      } else {
        self = .replace(try pattern.pattern(), with: content)
      }
    case .precompiled: self = try Self.characterMap(value)
    case .nmt: self = .machineTranslation
    case .bert: self = .bert(try BERTNormalizer(value))
    case .byteLevel: self = .byteLevel
    case .sequence:
      var steps: [Normalizer] = []
      for element in try value.member("normalizers").elements() { steps.append(try Normalizer(element)) }
      self = .sequence(steps)
    }
  }

  private static func characterMap(_ value: ModelValue) throws(ModelError) -> Normalizer {
    // Models without a map of their own say null, and then nothing changes.
    guard let text = value["precompiled_charsmap"] else { return .sequence([]) }
    guard let bytes = Base64.decoded(try text.string()) else { throw text.failure("expected base64") }
    guard let map = CharacterMap(bytes) else {
      throw text.failure("the map of characters is damaged: its size does not fit, or it is not UTF-8")
    }
    return .characterMap(map)
  }

  /// The normalised text; both are valid UTF-8.
  func apply(
    _ text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses
  ) throws(TextPatternError) -> [UInt8] {
    switch self {
    case .form(let form):
      var result: [UInt8] = []
      form.append(text, to: &result, classes)
      return result
    case .lowercase: return text.lowercased(classes)
    case .stripAccents: return text.filtered { !classes[$0].contains(.mark) }
    case .strip(let left, let right): return text.stripped(left: left, right: right)
    case .prepend(let prefix): return text.isEmpty ? [] : prefix + text
    case .replace(let pattern, let replacement):
      return replacing(try pattern.matches(in: text), with: replacement, in: text)
    case .replaceText(let pattern, let replacement): return text.replacing(pattern, with: replacement)
    case .characterMap(let map): return map.apply(to: text, classes)
    case .sentencePiece(let normalizer): return normalizer.apply(to: text)
    case .machineTranslation: return text.cleanedForTranslation()
    case .bert(let normalizer): return normalizer.apply(to: text, classes)
    case .byteLevel:
      var result: [UInt8] = []
      ByteAlphabet.append(text, to: &result)
      return result
    case .sequence(let steps):
      guard let first = steps.first else { return Array(text) }
      var result = try first.apply(text, classes)
      for step in steps.dropFirst() { result = try step.apply(result, classes) }
      return result
    }
  }

  /// Whether the first character of a text is still there once it is normalised, or something stands in its place.
  ///
  /// A sign that belongs to the beginning of a text is put there only then: a peculiarity of the reference library.
  func keepsBeginning(
    of text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses
  ) throws(TextPatternError) -> Bool {
    guard !text.isEmpty else { return true }
    let (found, length) = classes.at(0, text)
    switch self {
    case .stripAccents: return !found.contains(.mark)
    case .strip(left: true, right: _): return !found.contains(.space)
    case .replace(let pattern, let replacement):
      guard let match = try pattern.matches(in: text).first, match.lowerBound == 0, !match.isEmpty else { return true }
      return match.upperBound == length && !replacement.isEmpty
    case .replaceText(let pattern, let replacement):
      return !text.starts(with: pattern) || pattern.count == length && !replacement.isEmpty
    case .machineTranslation, .bert:
      return try !apply(UnsafeBufferPointer(rebasing: text[0..<length]), classes).isEmpty
    case .sequence(let steps):
      guard let first = steps.first else { return true }
      guard steps.count > 1 else { return try first.keepsBeginning(of: text, classes) }
      guard try first.keepsBeginning(of: text, classes) else { return false }
      let next = try first.apply(text, classes)
      let rest = Normalizer.sequence(Array(steps.dropFirst()))
      let outcome: Result<Bool, TextPatternError> = next.withUnsafeBufferPointer { bytes in
        do throws(TextPatternError) {
          return .success(try rest.keepsBeginning(of: bytes, classes))
        } catch {
          return .failure(error)
        }
      }
      return try outcome.get()
    default: return true
    }
  }

  /// The normalised text.
  func apply(_ text: [UInt8], _ classes: ScalarClasses) throws(TextPatternError) -> [UInt8] {
    let result: Result<[UInt8], TextPatternError> = text.withUnsafeBufferPointer { bytes in
      do throws(TextPatternError) {
        return .success(try apply(bytes, classes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// A text with every match of a pattern replaced.
func replacing(
  _ matches: [Range<Int>], with replacement: [UInt8], in text: UnsafeBufferPointer<UInt8>
) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var position = 0
  for match in matches {
    result.append(contentsOf: UnsafeBufferPointer(rebasing: text[position..<match.lowerBound]))
    result += replacement
    position = match.upperBound
  }
  result.append(contentsOf: UnsafeBufferPointer(rebasing: text[position...]))
  return result
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
