import Documents
import Testing

@Suite struct DiagnosticTests {
  @Test func `a diagnostic shows the line, a caret and the hint`() {
    let diagnostic = Diagnostic(
      .error, file: "a.yml", at: SourcePosition(line: 2, column: 3), "unknown key wieght", hint: "did you mean weight?")
    #expect(
      diagnostic.rendered(text: "models:\n  wieght: 1\n")
        == "a.yml:2:3: error: unknown key wieght\n    wieght: 1\n    ^\n  did you mean weight?")
    #expect(
      diagnostic.rendered(text: nil) == "a.yml:2:3: error: unknown key wieght\n  did you mean weight?")
  }

  @Test func `without a place there is only the message`() {
    #expect(Diagnostic(.warning, file: "x", "careful").rendered(text: "text") == "x: warning: careful")
    #expect(
      Diagnostic(.note, file: "x", at: SourcePosition(line: 9, column: 1), "n").rendered(text: "a") == "x:9:1: note: n")
  }

  @Test func `tabs and Windows line ends keep the caret in its column`() {
    let diagnostic = Diagnostic(.error, file: "f", at: SourcePosition(line: 2, column: 3), "m")
    #expect(diagnostic.rendered(text: "one\r\n\t\tbad\r\nthree") == "f:2:3: error: m\n  \t\tbad\n  \t\t^")
    let end = Diagnostic(.error, file: "f", at: SourcePosition(line: 1, column: 4), "m")
    #expect(end.rendered(text: "abc") == "f:1:4: error: m\n  abc\n     ^")
  }

  @Test func `an endless line is cut, and a caret behind the cut is left out`() {
    let text = String(repeating: "x", count: 1000)
    let shown = Diagnostic(.error, file: "f", at: SourcePosition(line: 1, column: 500), "m").rendered(text: text)
    #expect(shown == "f:1:500: error: m\n  " + String(repeating: "x", count: 160))
  }

  @Test func `a byte's place counts lines and scalars`() {
    let text = Array("é1\nab\r\ncd".utf8)
    let places = [0: (1, 1), 2: (1, 2), 3: (1, 3), 4: (2, 1), 6: (2, 3), 8: (3, 1), 10: (3, 3), 99: (3, 3), -5: (1, 1)]
    for (offset, (line, column)) in places {
      #expect(SourcePosition(byteOffset: offset, in: text) == SourcePosition(line: line, column: column), "\(offset)")
    }
  }
}
