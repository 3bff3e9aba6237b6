/// BERT's cleaning of texts: no control characters, spaces around ideographs, and for the uncased models neither
/// accents nor capitals.
struct BERTNormalizer: Sendable {
  private let cleans: Bool
  private let spacesIdeographs: Bool
  private let stripsAccents: Bool
  private let lowercases: Bool
  /// What becomes of each ASCII character; zero where it goes.
  private let ascii: [UInt8]

  init(_ value: ModelValue) throws(ModelError) {
    let lowercases = try value.bool("lowercase", default: true)
    self.init(
      cleans: try value.bool("clean_text", default: true),
      spacesIdeographs: try value.bool("handle_chinese_chars", default: true),
      stripsAccents: try value.bool("strip_accents", default: lowercases), lowercases: lowercases)
  }

  init(cleans: Bool = true, spacesIdeographs: Bool = true, stripsAccents: Bool, lowercases: Bool) {
    self.cleans = cleans
    self.spacesIdeographs = spacesIdeographs
    self.stripsAccents = stripsAccents
    self.lowercases = lowercases
    ascii = (0..<128).map { (byte: UInt8) in
      switch byte {
      case 0x09...0x0D where cleans && byte != 0x0B && byte != 0x0C: 0x20
      case 0x00...0x1F where cleans, 0x7F where cleans: 0
      case 0x41...0x5A where lowercases: byte | 0x20
      default: byte
      }
    }
  }

  func apply(to text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 4)
    var position = 0
    while position < text.count {
      let byte = text[position]
      if byte < 0x80 {
        let plain = ascii[Int(byte)]
        if plain != 0 || !cleans { result.append(plain) }
        position += 1
        continue
      }
      // Characters beyond ASCII are taken together, so that their marks can be put in order.
      let start = position
      var needsForm = false
      while position < text.count, text[position] >= 0x80 {
        let (found, length) = classes.at(position, text)
        needsForm = needsForm || !found.contains(.decomposed)
        position += length
      }
      append(
        UnsafeBufferPointer(rebasing: text[start..<position]), needsForm: needsForm && stripsAccents, to: &result,
        classes)
    }
    return result
  }

  /// Adds a stretch without ASCII.
  private func append(
    _ text: UnsafeBufferPointer<UInt8>, needsForm: Bool, to result: inout [UInt8], _ classes: ScalarClasses
  ) {
    guard needsForm else {
      forEachCleaned(text, classes) { appendLowercased($0, to: &result, classes) }
      return
    }
    var cleaned = String.UnicodeScalarView()
    forEachCleaned(text, classes) { cleaned.append($0) }
    for scalar in UnicodeForm.decomposed.scalars(of: String(cleaned))
    where !classes[scalar.value].contains(.nonspacingMark) {
      appendLowercased(scalar, to: &result, classes)
    }
  }

  private func forEachCleaned(
    _ text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses, _ body: (Unicode.Scalar) -> Void
  ) {
    var position = 0
    while position < text.count {
      let (scalar, length) = ScalarReader.scalar(in: text, at: position)
      position += length
      let found = classes[scalar.value]
      if cleans {
        if found.contains(.control) || scalar.value == 0xFFFD { continue }
        if found.contains(.space) {
          body(" ")
          continue
        }
      }
      let isSpaced = spacesIdeographs && found.contains(.ideograph)
      if isSpaced { body(" ") }
      body(scalar)
      if isSpaced { body(" ") }
    }
  }

  private func appendLowercased(_ scalar: Unicode.Scalar, to result: inout [UInt8], _ classes: ScalarClasses) {
    if lowercases, classes[scalar.value].contains(.changesCase) {
      result += scalar.properties.lowercaseMapping.utf8
    } else {
      result.append(scalar)
    }
  }
}
