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

  @Test(arguments: [0.1, 1e-310, -5e-324, 1.7976931348623157e308, 123456789.123456789, 0, -0.0, 1e16, 1e-5])
  func `doubles read back as the same value`(number: Double) throws {
    let read = try JSONParser.parse(JSONValue.number(number).line)
    #expect(read.double?.bitPattern == number.bitPattern)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `what is not finite becomes null`(number: Double) { #expect(JSONValue.number(number).line == "null") }
}
