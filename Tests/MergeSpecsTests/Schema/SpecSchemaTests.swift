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
    for shape in SpecShapesTests.shapes + SpecShapesTests.stagedShapes {
      #expect(faults(shape.spec) == [], "\(shape.name)")
    }
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

  static let invalid: [(name: String, text: String)] = {
    let models = "models: [{model: a}, {model: b}]\n"
    return [
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
      ("method of a module", "modules: {text_decoder: {merge_method: linaer, models: [{model: a}]}}\n"),
      (
        "parameter of a module",
        "modules: {x: {merge_method: ties, parameters: {density: 2}, models: [{model: a}]}}\nbase_model: a\n"
      ),
      ("module without models", "merge_method: linear\nmodules: {x: {parameters: {weight: 1}}}\n"),
      ("module with both forms", "merge_method: linear\nmodules: {x: {models: [{model: a}], slices: []}}\n"),
      ("models that are one", "merge_method: linear\nmodels: {model: a}\n"),
      ("empty list of models", "merge_method: linear\nmodels: []\n"),
      ("model without a reference", "merge_method: linear\nmodels: [{parameters: {weight: 1}}]\n"),
      ("empty reference", "merge_method: linear\nmodels: [{model: ''}, {model: b}]\n"),
      ("key of a reference", "merge_method: linear\nmodels: [{model: {path: a, adapter: b}}]\n"),
      ("reference without a path", "merge_method: linear\nmodels: [{model: {revision: b}}]\n"),
      ("slice without sources", "merge_method: passthrough\nslices: [{parameters: {scale: 1}}]\n"),
      ("source without layers", "merge_method: passthrough\nslices: [{sources: [{model: a}]}]\n"),
      ("negative layers", "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [-2, 1]}]}]\n"),
      ("case without a value", "merge_method: linear\nparameters: {weight: [{filter: mlp}]}\n" + models),
      ("filter that is a number", "merge_method: linear\nparameters: {weight: [{filter: 1, value: 1}]}\n" + models),
      ("empty gradient", "merge_method: linear\nparameters: {weight: []}\n" + models),
      ("value that is a word", "merge_method: linear\nparameters: {weight: half}\n" + models),
      ("allow_mismatch", "merge_method: linear\nallow_mismatch: truncated\n" + models),
      ("dtype case", "merge_method: linear\ndtype: [{filter: norm, value: int64}]\n" + models),
      ("kind of token source", "merge_method: linear\ntokenizer: {tokens: {x: {source: {kind: zeros}}}}\n" + models),
      ("padding of the vocabulary", "merge_method: linear\ntokenizer: {pad_to_multiple_of: 0}\n" + models),
      ("stage name", "name: a@b\nmerge_method: linear\n" + models),
      ("choice", "merge_method: ties\nbase_model: a\nparameters: {dialect: papre}\n" + models),
    ]
  }()

  @Test func `what the reader refuses is no valid spec either`() {
    for (name, text) in Self.invalid { #expect(!faults(text).isEmpty, "\(name)") }
    // What the schema refuses, the reader must refuse too, or editors would be stricter than the program.
    for (name, text) in Self.invalid {
      let diagnostics = StagedSpec.parse(text, file: "f").diagnostics
      #expect(diagnostics.contains { $0.severity == .error } || name == "stage name", "\(name)")
    }
  }
}
