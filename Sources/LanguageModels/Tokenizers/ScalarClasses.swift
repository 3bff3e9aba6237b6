/// What a scalar is for the rules that cut and normalise texts.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt16

  /// Categories L and N, and White_Space.
  static let letter = ScalarClass(rawValue: 1 << 0)
  static let number = ScalarClass(rawValue: 1 << 1)
  static let space = ScalarClass(rawValue: 1 << 2)
  /// Category M.
  static let mark = ScalarClass(rawValue: 1 << 3)
  /// Lu, Lt, Lm, Lo and M: what begins a word of the case-aware patterns.
  static let opening = ScalarClass(rawValue: 1 << 4)
  /// Ll, Lm, Lo and M: what goes on in a word of the case-aware patterns.
  static let closing = ScalarClass(rawValue: 1 << 5)
  /// ASCII punctuation, with the symbols among it, and category P.
  static let punctuation = ScalarClass(rawValue: 1 << 6)
  /// BERT's control characters: categories Cc, Cf and Co but for tab, line feed and carriage return.
  static let control = ScalarClass(rawValue: 1 << 7)
  /// Neither changed by canonical composition nor composed with what stands before it.
  static let composed = ScalarClass(rawValue: 1 << 8)
  /// A nonspacing mark, category Mn.
  static let nonspacingMark = ScalarClass(rawValue: 1 << 9)
  /// The ideographs around which BERT puts spaces.
  static let ideograph = ScalarClass(rawValue: 1 << 10)
  /// Always a grapheme of its own where the next scalar has this class, too.
  static let grapheme = ScalarClass(rawValue: 1 << 11)
  /// Has another form in lower case.
  static let changesCase = ScalarClass(rawValue: 1 << 12)
  /// Neither changed by canonical decomposition nor moved by it.
  static let decomposed = ScalarClass(rawValue: 1 << 13)
  /// Part of a word by Unicode Technical Standard 18.
  static let word = ScalarClass(rawValue: 1 << 14)

  /// The classes of a scalar, from Unicode's properties.
  init(_ scalar: Unicode.Scalar) {
    var classes: ScalarClass = []
    let properties = scalar.properties
    var isMark = false
    switch properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: classes = [.letter, .opening]
    case .lowercaseLetter: classes = [.letter, .closing]
    case .modifierLetter, .otherLetter: classes = [.letter, .opening, .closing]
    case .nonspacingMark:
      classes = [.mark, .opening, .closing, .nonspacingMark]
      isMark = true
    case .spacingMark, .enclosingMark:
      classes = [.mark, .opening, .closing]
      isMark = true
    case .decimalNumber, .letterNumber, .otherNumber: classes = .number
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      classes = .punctuation
    case .control, .format, .privateUse:
      if ![0x09, 0x0A, 0x0D].contains(scalar.value) { classes = .control }
    default: break
    }
    if properties.isWhitespace { classes.insert(.space) }
    if scalar.isPunctuation { classes.insert(.punctuation) }
    if scalar.isIdeograph { classes.insert(.ideograph) }
    if !isMark, !scalar.joinsComposition, scalar.stays(in: .composed) { classes.insert(.composed) }
    if !isMark, scalar.stays(in: .decomposed) { classes.insert(.decomposed) }
    if scalar.isWordPart { classes.insert(.word) }
    if properties.changesWhenLowercased { classes.insert(.changesCase) }
    if scalar.standsAlone { classes.insert(.grapheme) }
    self = classes
  }

  init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// A table of scalars' classes that fills itself page by page, because the properties themselves are slow to ask for.
///
/// One belongs to each running call, so that filling needs no lock.
final class ScalarClasses {
  private static let pageCount = 0x110000 >> 8
  private let pages: UnsafeMutablePointer<UnsafeMutablePointer<ScalarClass>?>
  private let ascii: UnsafeMutablePointer<ScalarClass>

  init() {
    pages = .allocate(capacity: Self.pageCount)
    pages.initialize(repeating: nil, count: Self.pageCount)
    ascii = Self.page(0)
    pages[0] = ascii
  }

  deinit {
    for page in 0..<Self.pageCount { pages[page]?.deallocate() }
    pages.deallocate()
  }

  private static func page(_ number: Int) -> UnsafeMutablePointer<ScalarClass> {
    let page = UnsafeMutablePointer<ScalarClass>.allocate(capacity: 256)
    for low in 0..<256 {
      let scalar = Unicode.Scalar(UInt32(number << 8 | low))
      page.advanced(by: low).initialize(to: scalar.map { ScalarClass($0) } ?? [])
    }
    return page
  }

  /// The classes of a scalar.
  @inline(__always)
  subscript(scalar: UInt32) -> ScalarClass {
    guard let page = pages[Int(scalar >> 8)] else { return filled(scalar) }
    return page[Int(scalar & 0xFF)]
  }

  @inline(never)
  private func filled(_ scalar: UInt32) -> ScalarClass {
    let page = Self.page(Int(scalar >> 8))
    pages[Int(scalar >> 8)] = page
    return page[Int(scalar & 0xFF)]
  }

  /// The classes of the scalar at an offset of valid UTF-8, and its length in bytes.
  @inline(__always)
  func at(_ offset: Int, _ text: UnsafeBufferPointer<UInt8>) -> (classes: ScalarClass, length: Int) {
    let lead = text[offset]
    if lead < 0x80 { return (ascii[Int(lead)], 1) }
    let (scalar, length) = ScalarReader.value(in: text, at: offset)
    return (self[scalar], length)
  }
}

extension Unicode.Scalar {
  /// The ideographs around which BERT puts spaces: CJK Unified and Compatibility Ideographs.
  var isIdeograph: Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      return true
    default: return false
    }
  }

  /// Letters that are composed with the letter before them: the vowels and finals of Korean, and Kirat Rai's vowels.
  fileprivate var joinsComposition: Bool {
    switch value {
    case 0x1100...0x11FF, 0xD7B0...0xD7FF, 0x16D40...0x16D7F: true
    default: false
    }
  }

  /// Whether the scalar by itself is its own normal form.
  fileprivate func stays(in form: UnicodeForm) -> Bool {
    value < 0xA0 || form.scalars(of: String(self)) == [self]
  }

  /// Letters, digits and signs of scripts without conjuncts, and ASCII but for the carriage return:
  /// no two neighbours of these are one grapheme.
  fileprivate var standsAlone: Bool {
    switch value {
    case 0x00...0x0C, 0x0E...0x7E, 0xA1...0xA8, 0xAA...0xAC, 0xAF...0x2FF, 0x370...0x482, 0x48A...0x52F, 0x5D0...0x5EA,
      0x621...0x64A, 0x2010...0x2027, 0x3001...0x3029, 0x3041...0x3096, 0x30A1...0x30FC, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xFF01...0xFF9D:
      return true
    default: return false
    }
  }
}
