import Documents
import Testing

@Suite struct JSONEditTests {
  private func set(_ values: [(key: String, json: String)], in text: String) throws -> String {
    String(decoding: try JSONEdit.setting(values, in: Array(text.utf8)), as: UTF8.self)
  }

  @Test func `a value is replaced and every other byte stays`() throws {
    let text = "{ \"a\" :\t1,\r\n\"b\":{\"a\": 2},\"c\": \"\\u00e9\" }\n\n"
    #expect(try set([("a", "[7]")], in: text) == "{ \"a\" :\t[7],\r\n\"b\":{\"a\": 2},\"c\": \"\\u00e9\" }\n\n")
    #expect(try set([("c", "0"), ("b", "null")], in: text) == "{ \"a\" :\t1,\r\n\"b\":null,\"c\": 0 }\n\n")
    #expect(try set([], in: text) == text)
  }

  @Test func `a new member is appended in the style of the first`() throws {
    #expect(try set([("b", "2")], in: "{\n  \"a\": 1\n}\n") == "{\n  \"a\": 1,\n  \"b\": 2\n}\n")
    #expect(try set([("b", "2"), ("c", "3")], in: "{\"a\": 1}") == "{\"a\": 1,\"b\": 2,\"c\": 3}")
    #expect(try set([("b", "2"), ("a", "3")], in: "{ \"a\":1 }") == "{ \"a\":3, \"b\": 2 }")
    #expect(try set([("b", "2"), ("c", "3")], in: "{}") == "{\"b\": 2,\"c\": 3}")
    #expect(try set([("q\"", "2")], in: "{}") == "{\"q\\\"\": 2}")
  }

  @Test func `of repeated keys the last one is replaced, which is the one that counts`() throws {
    #expect(try set([("a", "9")], in: "{\"a\":1,\"a\":2}") == "{\"a\":1,\"a\":9}")
  }

  @Test func `only objects can be edited`() {
    #expect(throws: JSONError(offset: 0, message: "expected an object, found an array")) {
      try set([("a", "1")], in: "[]")
    }
    #expect(throws: JSONError.self) { try set([("a", "1")], in: "{") }
  }

  @Test func `a member is removed with its comma, wherever it stands`() throws {
    func removed(_ text: String) throws -> String {
      String(decoding: try JSONEdit.removing("x", in: Array(text.utf8)), as: UTF8.self)
    }
    #expect(try removed("{\n  \"x\": {\"y\": 1},\n  \"a\": 1\n}\n") == "{\n  \"a\": 1\n}\n")
    #expect(try removed(#"{"a": 1, "x": [2], "b": {"x": 3}}"#) == #"{"a": 1, "b": {"x": 3}}"#)
    #expect(try removed("{\n  \"a\": 1,\n  \"x\": 2\n}") == "{\n  \"a\": 1\n}")
    #expect(try removed(#"{ "x": 1 }"#) == "{  }")
    #expect(try removed(#"{"x": 1, "a": 2, "x": 3}"#) == #"{"a": 2}"#)
    #expect(try removed(#"{"a": 2}"#) == #"{"a": 2}"#)
  }

  @Test func `quoted strings read back as they were`() throws {
    for text in [
      "", "plain", "q\"b\\s/", "\u{0}\u{1}\u{1F}\u{7F}", "\n\r\t\u{8}\u{C}", "é e\u{301} 😀 \u{2028}", "\r\n",
    ] {
      let back = try JSONParser.parse(JSONEdit.quote(text)).string
      #expect(back.map { Array($0.utf8) } == Array(text.utf8))
    }
  }
}
