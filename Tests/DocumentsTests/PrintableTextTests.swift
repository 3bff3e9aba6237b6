import Documents
import Testing

@Suite struct PrintableTextTests {
  @Test func `what could move a cursor is spelt out`() {
    #expect(PrintableText.of("model.layers.0 größe 重み") == "model.layers.0 größe 重み")
    #expect(PrintableText.of("a\u{1b}[2J\nb\r\u{202e}c\u{9b}") == "a\\u{1b}[2J\\u{a}b\\u{d}\\u{202e}c\\u{9b}")
    #expect(PrintableText.quoted("x") == "\"x\"")
  }

  @Test func `an endless text is cut`() {
    #expect(PrintableText.of(String(repeating: "x", count: 500)).count == 121)
    #expect(PrintableText.of("abcd", limit: 3) == "abc…")
    #expect(PrintableText.of("abc", limit: 3) == "abc")
  }
}
