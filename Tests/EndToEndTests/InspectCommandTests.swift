import BraidTesting
import Documents
import Testing

/// `braid inspect --tensor` as users run it.
@Suite struct InspectCommandTests {
  private let base = Fixture.path("families/a/base")

  @Test func `a tensor's figures, place and histogram are shown`() throws {
    let run = try BraidBinary.run(["inspect", base, "--tensor", "model.norm.weight"])
    #expect(run.status == 0, "\(run.errors)")
    for text in ["model.norm.weight\n", "[128]", "bfloat16", "model.safetensors, bytes ", "deviation", "█"] {
      #expect(run.output.contains(text), "\(text)")
    }
  }

  @Test func `JSON has the same, and the place as numbers`() throws {
    let run = try BraidBinary.run(["inspect", base, "--tensor", "model.norm.weight", "--json"])
    let json = try JSONParser.parse(run.output)
    let (begin, end) = (try #require(json["begin"]?.int), try #require(json["end"]?.int))
    #expect(end - begin == 256 && json["nan"]?.int == 0 && json["file"]?.string?.hasSuffix("model.safetensors") == true)
    #expect(json["histogram"]?.array?.compactMap(\.int).reduce(0, +) == 128)
  }

  @Test func `a tensor of a merge is computed and has no place`() throws {
    let run = try BraidBinary.run(["inspect", Fixture.merge("ties.yml"), "--tensor", "model.norm.weight"])
    #expect(run.status == 0 && run.output.contains("deviation") && !run.output.contains("place"), "\(run.errors)")
  }

  @Test func `a name that is not there exits with 2 and names the nearest`() throws {
    let run = try BraidBinary.run(["inspect", base, "--tensor", "model.nrom.weight"])
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.contains("did you mean model.norm.weight?"), "\(run.errors)")
  }
}
