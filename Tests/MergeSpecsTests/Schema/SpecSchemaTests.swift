import BraidTesting
import Documents
import MergeMethods
import MergeSpecs
import Testing

@Suite struct SpecSchemaTests {
  private let root: JSONNode

  init() throws { root = try JSONParser.parse(SpecSchema.json().pretty) }

  private func faults(_ text: String) -> [String] {
    let stream = SyntaxParser.parse(text, file: "spec.yml")
    return stream.diagnostics.map { $0.rendered(text: nil) }
      + stream.documents.flatMap { SchemaValidator(root: root).faults($0.root, against: root) }
  }

  @Test func `every example spec and every shape of spec is valid`() throws {
    for path in try Files.list(Fixture.packageRoot + "/merges") where path.hasSuffix(".yml") {
      #expect(faults(try Files.text(Fixture.merge(path))) == [], "\(path)")
    }
    for shape in SpecShapesTests.shapes { #expect(faults(shape.spec) == [], "\(shape.name)") }
  }

  @Test func `the keys of the schema are those of the reader, each with a sentence and a form`() throws {
    for level in SpecLevel.allCases {
      let schema = try #require(level == .spec ? root : root["$defs"]?[level.rawValue])
      let properties = try #require(schema["properties"]?.object)
      let stage = level == .spec ? [SpecLevel.stageKey.name] : []
      #expect(properties.map(\.key) == stage + level.keys, "\(level)")
      for property in properties {
        #expect(property.node["description"]?.string?.hasSuffix(".") ?? false, "\(property.key)")
        #expect(property.node.object?.count ?? 0 > 1, "\(property.key) of \(level) has no form")
      }
    }
  }

  @Test func `every key of the schema is one that the reader knows`() {
    let outer = "merge_method: linear\nparameters: {weight: 1}\n"
    for key in SpecLevel.reference.keys + SpecLevel.place.keys {
      let text = outer + "models: [{model: {\(key): x}}, {model: b}]\n"
      let messages = MergeSpec.parse(text, file: "f").diagnostics.map(\.message)
      #expect(!messages.contains { $0.contains("there is no key") }, "\(key): \(messages)")
    }
    for key in SpecLevel.spec.keys {
      let messages = MergeSpec.parse("\(key): x\n", file: "f").diagnostics.map(\.message)
      #expect(!messages.contains { $0.contains("there is no key") }, "\(key): \(messages)")
    }
  }

  @Test func `every method has the parameters of its card, with range, default and sentence`() throws {
    let definitions = try #require(root["$defs"])
    for method in Catalog.methods {
      let properties = try #require(definitions["parameters-\(method.name)"]?["properties"]?.object)
      #expect(properties.map(\.key) == method.parameters.map(\.name))
      for (property, parameter) in zip(properties, method.parameters) {
        #expect(property.node["description"]?.string?.hasPrefix(parameter.summary) ?? false)
        #expect((property.node["default"] != nil) == (parameter.defaultValue != nil))
        let name = property.node["$ref"]?.string?.split(separator: "/").last.map(String.init) ?? ""
        #expect(definitions[name] != nil, "\(name)")
      }
    }
  }

  @Test func `what the reader refuses is no valid spec either`() {
    let models = "models: [{model: a}, {model: b}]\n"
    for (name, text) in [
      ("unknown method", "merge_method: linaer\n" + models),
      ("no method", models), ("no models", "merge_method: linear\n"),
      ("two forms", "merge_method: linear\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]\n" + models),
      ("misspelt key", "merge_method: linear\ndytpe: float32\n" + models),
      ("dtype", "merge_method: linear\ndtype: bf16\n" + models),
      ("parameter name", "merge_method: linear\nparameters: {wieght: 1}\n" + models),
      ("parameter range", "merge_method: ties\nbase_model: a\nparameters: {density: 2}\n" + models),
      ("parameter kind", "merge_method: ties\nbase_model: a\nparameters: {normalize: 0.5}\n" + models),
      ("global parameter of a model", "merge_method: slerp\nbase_model: a\nmodels: [{model: b, parameters: {t: 1}}]\n"),
      ("misplaced parameter", "merge_method: linear\nmodels: [{model: a, weight: 1}]\n"),
      ("layer range", "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0]}]}]\n"),
      ("base", "merge_method: ties\nparameters: {density: 0.5}\n" + models),
      ("two tokenizers", "merge_method: linear\ntokenizer_source: base\ntokenizer: {source: base}\n" + models),
      ("token", "merge_method: linear\ntokenizer: {tokens: {x: {forced: true}}}\n" + models),
      ("seed", "merge_method: linear\nseed: -1\n" + models),
    ] {
      #expect(!faults(text).isEmpty, "\(name)")
    }
  }
}
