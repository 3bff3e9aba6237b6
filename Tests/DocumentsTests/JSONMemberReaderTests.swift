import Documents
import Testing

@Suite struct JSONMemberReaderTests {
  private func read(
    _ text: String, refusing: Bool = false, values: Int = .max
  ) -> (keys: [String], error: String?) {
    var keys: [String] = []
    return Array(text.utf8).withUnsafeBytes { bytes in
      var reader = JSONMemberReader(bytes, refusingDuplicateKeys: refusing, valuesPerMember: values)
      do throws(JSONError) {
        while let member = try reader.next() { keys.append(member.key) }
        // After the end it stays at the end.
        return (keys, try reader.next() == nil ? nil : "a member after the end")
      } catch {
        return (keys, error.description)
      }
    }
  }

  @Test func `members come one after another`() {
    #expect(read(" { \"a\" : 1 , \"b\":[2,{}] } ") == (["a", "b"], nil))
    #expect(read("{}") == ([], nil))
    #expect(read(#"{"a":1,"a":2}"#) == (["a", "a"], nil))
  }

  @Test func `faults are found where they are, after what stands before them`() {
    #expect(read("[]") == ([], "byte 0: expected an object"))
    #expect(read("") == ([], "byte 0: expected an object"))
    #expect(read("{\"a\":1") == (["a"], "byte 6: expected ',' or '}' in an object"))
    #expect(read("{\"a\":1,}") == (["a"], "byte 7: expected a key in quotes"))
    #expect(read("{\"a\"1}") == ([], "byte 4: expected ':' after the key \"a\""))
    #expect(read("{\"a\":1} x") == (["a"], "byte 8: text after the end of the document"))
    #expect(read(#"{"a":1,"a":2}"#, refusing: true) == (["a"], "byte 7: the key \"a\" appears twice"))
    #expect(read(#"{"a":{"b":1,"b":2}}"#, refusing: true) == ([], "byte 12: the key \"b\" appears twice"))
  }

  @Test func `a member may have only so many values`() {
    #expect(read(#"{"a":[1,2],"b":[1,2]}"#, values: 3) == (["a", "b"], nil))
    #expect(read(#"{"a":[1,2],"b":[1,2,3]}"#, values: 3) == (["a"], "byte 20: more values here than can belong"))
  }
}
