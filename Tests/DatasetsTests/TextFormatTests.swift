import Testing

import Datasets

@Suite struct `Rows from text formats` {
  private func rows(_ text: String, _ name: String, _ reading: DataReading = DataReading()) throws -> [DataValue] {
    try reading.table(Array(text.utf8), file: name).rows
  }

  @Test func `every row has every column, and a column with one fraction has fractions`() throws {
    let rows = try rows(#"{"a": 1, "b": {"x": [1]}}"# + "\n\n" + #"{"c": null, "a": 2.5, "b": {"y": "t"}}"#, "x.jsonl")
    #expect(
      rows[0]
        == .record([
          DataField("a", .number(1)),
          DataField("b", .record([DataField("x", .list([.integer(1)])), DataField("y", .null)])),
          DataField("c", .null),
        ]))
    #expect(rows[1]["b"] == .record([DataField("x", .null), DataField("y", .text("t"))]))
  }

  @Test func `an array of objects, an object of columns and a member of a document are rows too`() throws {
    let expected: [DataValue] = [.record([DataField("a", .integer(1))]), .record([DataField("a", .integer(2))])]
    #expect(try rows(#"[{"a": 1}, {"a": 2}]"#, "x.json") == expected)
    #expect(try rows("{\n\"a\": [1, 2]\n}", "x.json") == expected)
    #expect(try rows(#"{"data": [{"a": 1}, {"a": 2}]}"#, "x.json", DataReading(field: "data")) == expected)
  }

  @Test func `a faulty line is named`() {
    #expect(throws: DataError(file: "x.jsonl", place: "line 2", "expected an object, found a number")) {
      try rows("{}\n7\n", "x.jsonl")
    }
  }

  @Test func `columns of a table have the types that all their fields allow`() throws {
    let text = "n,x,flag,word,gap\r\n1,1.5,True,\"a, \"\"b\"\"\",3\r\n2,2,False,NA,\r\n"
    let rows = try rows(text, "x.csv")
    #expect(
      rows[0].fields?.map(\.value) == [.integer(1), .number(1.5), .bool(true), .text("a, \"b\""), .number(3)])
    #expect(rows[1].fields?.map(\.value) == [.integer(2), .number(2), .bool(false), .null, .null])
  }

  @Test func `tabs separate where the name says so`() throws {
    #expect(try rows("a\tb\n1\tx,y\n", "x.tsv")[0]["b"] == .text("x,y"))
    #expect(throws: DataError.self) { try rows("a,b\n\"1,2\n", "x.csv") }
  }

  @Test func `columns may be named from outside`() throws {
    var reading = DataReading()
    reading.columnNames = ["x", "y"]
    #expect(try rows("1,a\n2,b\n", "x.csv", reading).map { $0["y"] } == [.text("a"), .text("b")])
    reading.replacesHeader = true
    #expect(try rows("p,q\n2,b\n", "x.csv", reading).map { $0["x"] } == [.integer(2)])
  }

  @Test func `lines of a text are rows`() throws {
    #expect(try rows("a\r\n\nb", "x.txt").map { $0["text"] } == [.text("a"), .text(""), .text("b")])
  }
}
