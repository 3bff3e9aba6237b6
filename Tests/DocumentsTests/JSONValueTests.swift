import Documents
import Testing

struct JSONValueTests {
  private let value = JSONValue.object([
    ("b", .array([.integer(1), .number(0.1), .null])), ("a", .object([])),
    ("c", .array([.object([("x", .bool(true))]), .array([])])), ("d\"", .string("\n\u{1F600}")),
  ])

  @Test func `lines keep the order of members`() {
    #expect(
      value.line
        == "{\"b\": [1, 0.1, null], \"a\": {}, \"c\": [{\"x\": true}, []], \"d\\\"\": \"\\n\u{1F600}\"}")
  }

  @Test func `pretty text is indented, plain arrays stay on their line`() {
    #expect(
      value.pretty == """
        {
          "b": [1, 0.1, null],
          "a": {},
          "c": [
            {
              "x": true
            },
            []
          ],
          "d\\"": "\\n\u{1F600}"
        }

        """)
  }

  @Test func `doubles read back as the same value`() throws {
    let least = Double.leastNonzeroMagnitude
    for number in [0.1, -least, .greatestFiniteMagnitude, 123456789.123456789, 0, -0.0, 1e16, 1e-5] {
      let read = try JSONParser.parse(JSONValue.number(number).line)
      #expect(read.double?.bitPattern == number.bitPattern)
    }
  }

  @Test func `what is not finite becomes null`() {
    for number in [Double.nan, .infinity, -.infinity] { #expect(JSONValue.number(number).line == "null") }
  }
}
