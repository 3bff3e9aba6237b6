import Documents
import MergeMethods
import Testing

@Suite struct CatalogTextTests {
  @Test func `all texts name every method and every parameter`() throws {
    let json = try JSONParser.parse(Catalog.json)
    for (method, node) in zip(Catalog.methods, json.array ?? []) {
      #expect(node["name"]?.string == method.name)
      #expect(node["parameters"]?.array?.map { $0["name"]?.string } == method.parameters.map(\.name))
      #expect(try JSONParser.parse(method.json)["summary"]?.string == method.summary)
      #expect(Catalog.text.contains(method.summary))
      for parameter in method.parameters {
        #expect(method.text.contains(parameter.name))
        #expect(method.text.contains(parameter.summary))
      }
    }
  }

  @Test func `the Markdown table has a row for each method`() {
    let rows = Catalog.markdown.split(separator: "\n")
    #expect(rows.count == Catalog.methods.count + 2)
    #expect(rows.allSatisfy { $0.hasPrefix("|") && $0.hasSuffix("|") })
    #expect(rows.contains { $0.hasPrefix("| `slerp` |") && $0.hasSuffix("| `t`, required |") })
  }
}
