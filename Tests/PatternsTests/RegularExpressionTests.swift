import Patterns
import Testing

@Suite struct RegularExpressionTests {
  private func matches(_ pattern: String, _ text: String) throws -> [Range<Int>] {
    let expression = try RegularExpression(pattern)
    return try Array(text.utf8).withUnsafeBufferPointer { try expression.matches(in: $0) }
  }

  @Test func `matches come leftmost first, without overlaps, in bytes`() throws {
    #expect(try matches("a+", "aaäaba") == [0..<2, 4..<5, 6..<7])
    #expect(try matches("x", "abc") == [])
    #expect(try matches("\\p{L}+", "zwölf 12 три") == [0..<6, 10..<16])
  }

  @Test func `an empty match stands between characters, never right behind a match`() throws {
    #expect(try matches("b*", "abäb") == [0..<0, 1..<2, 4..<5])
    #expect(try matches("", "ä") == [0..<0, 2..<2])
    #expect(try matches("^", "") == [0..<0])
  }

  @Test func `an expression is looked for anywhere in a text`() throws {
    let expression = try RegularExpression("layers\\.[0-3]\\.")
    #expect(try expression.occurs(in: "model.layers.2.mlp"))
    #expect(try !expression.occurs(in: "model.layers.12.mlp"))
    #expect(try !expression.occurs(in: ""))
  }

  @Test(arguments: [("a(b", 3), ("[z-a]", 3), ("é{2,1}", 6)])
  func `what is no expression is an error with its place`(pattern: String, offset: Int) {
    for limit in [nil, 1000] {
      #expect {
        try RegularExpression(pattern, stepLimit: limit)
      } throws: { error in
        (error as? RegularExpressionError).map { !$0.message.isEmpty && $0.offset == offset } ?? false
      }
    }
  }

  @Test func `an expression that tries too many ways ends with an error`() throws {
    let expression = try RegularExpression("(a|aa)+$", stepLimit: 10_000)
    #expect(throws: RegularExpressionError.self) {
      try expression.occurs(in: String(repeating: "a", count: 200) + "b")
    }
  }
}
