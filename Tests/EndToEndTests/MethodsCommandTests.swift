import BraidTesting
import Documents
import Testing

@Suite struct MethodsCommandTests {
  @Test func `braid methods lists the methods and explains each`() throws {
    let list = try BraidBinary.run(["methods"])
    #expect(list.status == 0)
    for line in list.output.split(separator: "\n") {
      let name = String(line.prefix { $0 != " " })
      let one = try BraidBinary.run(["methods", name])
      #expect(one.status == 0)
      #expect(one.output.hasPrefix("\(name): "))
    }
  }

  @Test func `braid methods speaks JSON and Markdown`() throws {
    let json = try JSONParser.parse(try BraidBinary.run(["methods", "--json"]).output)
    let names = (json.array ?? []).compactMap { $0["name"]?.string }
    #expect(names == names.sorted() && names.contains("ties"))
    let table = try BraidBinary.run(["methods", "--markdown"]).output
    for name in names { #expect(table.contains("| `\(name)` | ")) }
    let ties = try JSONParser.parse(try BraidBinary.run(["methods", "ties", "--json"]).output)
    let density = ties["parameters"]?.array?.first { $0["name"]?.string == "density" }
    #expect(density?["maximum"]?.double == 1)
    #expect(density?["default"]?.double == 1)
  }

  @Test func `an unknown method gets the nearest one and exit code 2`() throws {
    let run = try BraidBinary.run(["methods", "tie"])
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("error: there is no merge method \"tie\"\n  did you mean ties? methods: "))
  }
}
