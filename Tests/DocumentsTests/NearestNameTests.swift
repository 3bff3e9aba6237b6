import Documents
import Testing

@Suite struct NearestNameTests {
  private let names = ["weight", "density", "normalize", "int8_mask", "t"]

  @Test func `slips of the hand are understood`() {
    #expect(NearestName.of("wieght", in: names) == "weight")
    #expect(NearestName.of("Density", in: names) == "density")
    #expect(NearestName.of("normalise", in: names) == "normalize")
    #expect(NearestName.of("int8mask", in: names) == "int8_mask")
    #expect(NearestName.of("wight", in: names) == "weight")
  }

  @Test func `what is not near is not suggested`() {
    #expect(NearestName.of("lambda", in: names) == nil)
    #expect(NearestName.of("weight", in: ["weight"]) == nil)
    #expect(NearestName.of("", in: names) == "t")
    #expect(NearestName.of("x", in: []) == nil)
  }

  @Test func `the first of equally near names wins`() {
    #expect(NearestName.of("cat", in: ["bat", "hat", "cot"]) == "bat")
    #expect(NearestName.of("ab", in: ["ba", "aa"]) == "ba")
  }
}
