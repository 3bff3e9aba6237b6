import BraidTesting
import Documents
import MergeSpecs
import Testing

/// The schema of specs as another program understands it: Goldens/validate_specs.py has the verdicts of Python's
/// jsonschema on every example, every shape of spec, and specs that must be refused.
@Suite struct SchemaVerdictTests {
  /// FNV-1a in 64 bits, which takes a line in Python too.
  private static func digest(_ text: String) -> String {
    let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Every spec with its name and whether it is one.
  private static func specs() throws -> [(name: String, text: String, isValid: Bool)] {
    try Files.list(Fixture.packageRoot + "/merges").filter { $0.hasSuffix(".yml") }.sorted()
      .map { ("example " + $0, try Files.text(Fixture.merge($0)), true) }
      + (SpecShapesTests.shapes + SpecShapesTests.stagedShapes).map { ("shape " + $0.name, $0.spec, true) }
      + SpecSchemaTests.invalid.map { ("invalid " + $0.name, $0.text, false) }
  }

  @Test func `the schema and the specs are those that were validated`() throws {
    // The script reads both from here.
    try Golden.expect(SpecSchema.json().line + "\n", at: "schema.json")
    let specs = try Self.specs()
    let list = JSONValue.array(
      specs.map { .object([("name", .string($0.name)), ("spec", .string($0.text)), ("valid", .bool($0.isValid))]) })
    try Golden.expect(list.pretty, at: "specs.json")
    let path = Fixture.packageRoot + "/Tests/MergeSpecsTests/Schema/Goldens/verdicts.json"
    let verdicts = try JSONParser.parse(try Files.bytes(path))
    #expect(verdicts["schema"]?.string == Self.digest(SpecSchema.json().line + "\n"))
    let found = verdicts["verdicts"]?.object ?? []
    #expect(found.map(\.key) == specs.map(\.name))
    for (verdict, spec) in zip(found, specs) {
      #expect(verdict.node["digest"]?.string == Self.digest(spec.text), "\(spec.name)")
      #expect(verdict.node["valid"]?.bool == spec.isValid, "\(spec.name): \(verdict.node["fault"]?.string ?? "valid")")
    }
  }
}
