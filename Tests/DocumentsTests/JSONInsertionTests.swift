import Documents
import Testing

@Suite struct JSONInsertionTests {
  private func adding(_ elements: [String], to text: String) throws -> String {
    let bytes = Array(text.utf8)
    let edit = JSONEdit.insertion(elements: elements, into: try JSONParser.parse(bytes), of: bytes)
    return String(decoding: JSONEdit.replacing([edit], in: bytes), as: UTF8.self)
  }

  private func adding(members: [(key: String, json: String)], to text: String) throws -> String {
    let bytes = Array(text.utf8)
    let edit = JSONEdit.insertion(members: members, into: try JSONParser.parse(bytes), of: bytes)
    return String(decoding: JSONEdit.replacing([edit], in: bytes), as: UTF8.self)
  }

  @Test func `new elements are spaced as the last two are`() throws {
    #expect(try adding(["3", "4"], to: "[1,2]") == "[1,2,3,4]")
    #expect(try adding(["3"], to: "[1, 2 ]") == "[1, 2, 3 ]")
    #expect(try adding(["2"], to: "[\n  1\n]") == "[\n  1,\n  2\n]")
    #expect(try adding(["1", "2"], to: "[ ]") == "[1, 2 ]")
    #expect(try adding([], to: "[1]") == "[1]")
  }

  @Test func `new members are spaced as the last two are, their colons too`() throws {
    #expect(try adding(members: [("b", "2")], to: "{\"a\":1}") == "{\"a\":1,\"b\":2}")
    #expect(
      try adding(members: [("c", "3")], to: "{\n  \"a\": 1,\n  \"b\": 2\n}")
        == "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}")
    #expect(try adding(members: [("a", "1"), ("b", "{}")], to: "{}") == "{\"a\": 1, \"b\": {}}")
  }

  @Test func `equivalence looks at meaning, not at spelling`() throws {
    func same(_ a: String, _ b: String) throws -> Bool {
      try JSONParser.parse(a).isEquivalent(to: try JSONParser.parse(b))
    }
    #expect(try same("{\"a\": 1.0, \"b\": [\"\\u0041\", null]}", "{\"b\":[\"A\",null],\"a\":1}"))
    #expect(try !same("{\"a\": 1}", "{\"a\": 1, \"b\": 2}"))
    #expect(try !same("[1, 2]", "[2, 1]"))
    #expect(try !same("\"\u{E9}\"", "\"e\u{301}\""))
    #expect(try same("true", "true") && !same("true", "false") && !same("null", "false"))
  }
}
