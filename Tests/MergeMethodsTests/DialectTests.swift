import BraidTesting
import Documents
import MergeMethods
import Tensors
import Testing

/// Dialects of TIES and the methods that mergekit lacks, against numbers made by other programs.
@Suite struct DialectTests {
  @Test func `each dialect gives what its own implementation gives`() throws {
    let golden = try JSONParser.parse(try Files.bytes(Self.path))
    let base = try floats(golden["base"])
    let models = try #require(golden["models"]?.array).map(floats)
    let cases = try #require(golden["cases"]?.array)
    #expect(cases.count == 9)
    for node in cases {
      let name = try #require(node["name"]?.string)
      let description = try #require(Catalog.method(named: node["method"]?.string ?? ""))
      var global: [String: Double] = [:]
      for member in node["parameters"]?.object ?? [] {
        let parameter = try #require(description.parameters.first { $0.name == member.key })
        global[member.key] = try value(member.node, parameter)
      }
      let weights = node["weights"]?.array?.compactMap(\.double)
      let perInput = models.indices.map { index -> [String: Double] in
        var values: [String: Double] = [:]
        values["weight"] = weights?[index]
        values["density"] = node["density"]?.double
        return values
      }
      let method = try description.make(ResolvedParameters(global: global, perInput: perInput + [[:]]))
      let result = try InMemoryMerge(shape: [base.count], base: models.count).run(method, models + [base])
      let expected = try floats(node["result"])
      let wrong = zip(result, expected).count { abs($0 - $1) > 1e-6 }
      #expect(wrong == 0, "\(name)")
    }
  }

  @Test(arguments: ["dare_linear", "dare_ties"], [0, 2])
  func `dialects of DARE divide by the density what the mask leaves`(name: String, dialect: Double) throws {
    let (base, models) = family(models: 1, count: 5000)
    func run(_ global: [String: Double]) throws -> [Float] {
      let method = try #require(Catalog.method(named: name)).make(
        global, each: ["weight": 1, "density": 0.25], inputs: 2)
      return try InMemoryMerge(shape: [5000], base: 1).run(method, models + [base])
    }
    let kept = try run(["rescale": 0])
    let scaled = try run(["dialect": dialect])
    for i in base.indices { #expect(abs(scaled[i] - base[i] - 4 * (kept[i] - base[i])) < 1e-5) }
  }

  @Test func `a count lets the many outvote the large`() throws {
    let ties = try #require(Catalog.method(named: "ties"))
    let models: [[Float]] = [[5], [-1], [-2]]
    func run(_ consensus: Double) throws -> [Float] {
      try InMemoryMerge(shape: [1], base: 3).run(
        try ties.make(["consensus": consensus], each: ["weight": 1], inputs: 4), models + [[0]])
    }
    #expect(try run(0) == [5])
    #expect(try run(1) == [-1.5])
  }

  @Test func `a word that is not among the choices is refused with those that are`() throws {
    let ties = try #require(Catalog.method(named: "ties"))
    #expect(throws: MergeMethodError("dialect must be one of paper, mergekit, peft, not 3.0")) {
      try ties.make(["dialect": 3], each: ["weight": 1], inputs: 2)
    }
    let dialect = try #require(ties.parameters.first { $0.name == "dialect" })
    #expect(dialect.text(of: 1) == "mergekit" && dialect.choices == ["paper", "mergekit", "peft"])
  }

  private static let path =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    + "/Goldens/dialects.json"

  private func floats(_ node: JSONNode?) throws -> [Float] {
    try #require(node?.array).compactMap { $0.double.map(Float.init) }
  }

  private func value(_ node: JSONNode, _ parameter: ParameterDescription) throws -> Double {
    if let number = node.double { return number }
    return Double(try #require(parameter.choices?.firstIndex { $0 == node.string }))
  }
}
