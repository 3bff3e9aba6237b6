/// A YAML text in which some characters have been exchanged for private ones, so that a general YAML library tells
/// more than it otherwise would.
///
/// The library replaces aliases by their targets, and gives up at a key that stands twice. Both lose places that a
/// diagnostic needs, so here `*name` becomes a plain word that begins with a private character, and a repeated key
/// becomes a word of its own. Every exchange keeps the count of characters, so that all positions hold.
struct MarkedText {
  private(set) var scalars: [Unicode.Scalar]
  private let base: UInt32
  private var exchanged: [String] = []

  private static let blockLength: UInt32 = 512
  private static let maximumExchanges = 400

  /// Marks the aliases; nil if the text leaves no private characters free.
  init?(_ text: String) {
    let all = Array(text.unicodeScalars)
    let blocks = stride(from: UInt32(0xE000), to: 0xF800, by: Int(Self.blockLength))
    let taken = Set(
      all.lazy.filter { (0xE000..<0xF800).contains($0.value) }.map { ($0.value - 0xE000) / Self.blockLength })
    guard let base = blocks.first(where: { !taken.contains(($0 - 0xE000) / Self.blockLength) }),
      let star = Unicode.Scalar(base)
    else { return nil }
    self.base = base
    scalars = all.map { $0 == "*" ? star : $0 }
  }

  /// The text for the YAML library.
  ///
  /// It ends in a comment, which makes it long enough for the library to read it in place.
  var text: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view) + "\n#" + String(repeating: " ", count: 30)
  }

  /// Makes a repeated key at this offset a word of its own; false if the text there does not spell the key.
  mutating func exchangeKey(_ key: String, at offset: Int) -> Bool {
    let spelling = marked(key)
    var start = offset
    if scalars.indices.contains(start), scalars[start] == "\"" || scalars[start] == "'" { start += 1 }
    guard !spelling.isEmpty, exchanged.count < Self.maximumExchanges, start + spelling.count <= scalars.count,
      Array(scalars[start..<start + spelling.count]) == spelling,
      let first = Unicode.Scalar(base + 2 + UInt32(exchanged.count)), let rest = Unicode.Scalar(base + 1)
    else { return false }
    exchanged.append(key)
    scalars[start] = first
    for index in start + 1..<start + spelling.count { scalars[index] = rest }
    return true
  }

  /// The name of the alias that a plain scalar stands for, which may be empty, or nil if it is none.
  func alias(in scalar: String) -> String? {
    guard let first = scalar.unicodeScalars.first, first.value == base else { return nil }
    return restored(String(scalar.unicodeScalars.dropFirst()))
  }

  /// A scalar as it stands in the original text.
  func restored(_ scalar: String) -> String {
    guard let first = scalar.unicodeScalars.first else { return scalar }
    if first.value >= base + 2, first.value < base + Self.blockLength { return exchanged[Int(first.value - base) - 2] }
    guard scalar.unicodeScalars.contains(where: { $0.value == base }) else { return scalar }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalar.unicodeScalars.map { $0.value == base ? "*" : $0 })
    return String(view)
  }

  private func marked(_ key: String) -> [Unicode.Scalar] {
    key.unicodeScalars.map { $0 == "*" ? Unicode.Scalar(base) ?? $0 : $0 }
  }
}
