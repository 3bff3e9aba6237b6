import Merging
import Testing

@Suite struct LicenceTests {
  private func parent(_ name: String, _ licence: String?, named: String? = nil) -> InheritedLicence.Parent {
    var head = "---\nlanguage: en\n"
    if let licence { head += "license: \(licence)\n" }
    if let named { head += "license_name: \(named)\n" }
    return (name, ParentCard(text: head + "---\n# A model\n"))
  }

  @Test(
    arguments: [
      ("apache-2.0", LicenceTerms.permissive), ("mit", .permissive), ("cc-by-4.0", .permissive),
      ("cc0-1.0", .permissive), ("gpl-3.0", .shareAlike), ("cc-by-sa-4.0", .shareAlike), ("llama3.1", .restricted),
      ("gemma", .restricted), ("bigscience-bloom-rail-1.0", .restricted), ("creativeml-openrail-m", .restricted),
      ("cc-by-nc-4.0", .nonCommercial), ("cc-by-nc-sa-4.0", .nonCommercial), ("cc-by-nc-nd-4.0", .noDerivatives),
      ("other", .unknown), ("my-own", .unknown),
    ])
  func `a licence's terms follow from its identifier`(identifier: String, terms: LicenceTerms) {
    #expect(LicenceTerms(identifier) == terms)
  }

  @Test func `the strictest parent's licence is inherited`() {
    let licence = InheritedLicence(of: [
      parent("a", "apache-2.0"), parent("b", "cc-by-nc-4.0"), parent("c", "mit"),
    ])
    #expect(licence.card?.licence == "cc-by-nc-4.0")
    #expect(licence.warnings == [])
  }

  @Test func `of equally strict licences the first parent's is inherited`() {
    let licence = InheritedLicence(of: [parent("a", "mit"), parent("b", "apache-2.0")])
    #expect(licence.card?.licence == "mit")
  }

  @Test func `two parents with demands of their own are a conflict`() {
    let licence = InheritedLicence(of: [parent("a", "llama3"), parent("b", "gemma"), parent("c", "mit")])
    #expect(licence.warnings == ["the parents' licences may not go together: a has llama3, b has gemma"])
    #expect(InheritedLicence(of: [parent("a", "llama3"), parent("b", "llama3")]).warnings == [])
  }

  @Test func `forbidden changes, silence and licences without identifier are said`() {
    let licence = InheritedLicence(of: [
      parent("a", "cc-by-nd-4.0"), parent("b", nil), parent("c", "other", named: "acme-research"),
    ])
    #expect(licence.card?.licence == "other" && licence.card?.name == "acme-research")
    #expect(
      licence.warnings == [
        "the parents' licences may not go together: a has cc-by-nd-4.0, c has acme-research",
        "a has cc-by-nd-4.0, which forbids passing on changed versions", "no licence is stated by b",
      ])
    #expect(InheritedLicence(of: [parent("a", nil)]).card == nil)
  }

  @Test(
    arguments: [
      "", "# no head", "---\nlicense: mit\n", "---\n: [\n---\n", "---\n- a list\n---\n", "---\nlicense: {a: b}\n---\n",
      "---\nlicense: \"\"\n---\n", "---\nlicense: &a [*a]\n---\n",
    ])
  func `a head that cannot be understood says nothing`(text: String) {
    #expect(ParentCard(text: text).licence == nil)
  }

  @Test func `a list of licences counts as its first`() {
    #expect(ParentCard(text: "---\nlicense:\n- mit\n- apache-2.0\n---\n").licence == "mit")
  }
}
