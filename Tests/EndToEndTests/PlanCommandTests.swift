import BraidTesting
import Documents
import Testing

@Suite struct PlanCommandTests {
  @Test func `braid plan shows models, tensors, parameters and bytes`() throws {
    let run = try BraidBinary.run(["plan", Fixture.merge("slerp-gradient.yml")])
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.hasPrefix("slerp: 2 models into 39 tensors\n"))
    #expect(run.output.contains("mlp.down_proj.weight             128 x 352  t 0.6 0.7 0.8 0.9\n"))
    #expect(run.output.contains("writes  1.74 MB in bfloat16\n"))
  }

  @Test func `braid plan --json holds every tensor`() throws {
    let run = try BraidBinary.run(["plan", Fixture.merge("stack.yml"), "--json"])
    #expect(run.status == 0)
    let plan = try JSONParser.parse(run.output)
    #expect(plan["layers"]?.int == 5)
    #expect(plan["tensors"]?.array?.count == 48)
  }

  @Test func `braid plan shows stages one after the other, and the memory of the whole`() throws {
    let run = try BraidBinary.run(["plan", Fixture.merge("stages.yml")])
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("1 of 3: stage \"arithmetic-and-order\"\n\nlinear: 2 models into 39 tensors\n"))
    #expect(run.output.contains("\n3 of 3: final merge\n\nties: 3 models into 39 tensors\n"))
    #expect(run.output.contains("\nmemory: about "))
    let json = try JSONParser.parse(BraidBinary.run(["plan", Fixture.merge("stages.yml"), "--json"]).output)
    #expect(json["memory"]?.int != nil)
    #expect(json["stages"]?.array?.map { $0["tensors"]?.array?.count } == [39, 39, 39])
  }

  @Test func `a wrong spec is answered with all places and exit code 2`() throws {
    let folder = try TemporaryFolder()
    let spec = try folder.write(
      "spec.yml",
      """
      merge_method: linear
      models:
        - model: nowhere
          weight: 1
        - model: \(Fixture.path("families/a/base"))
          parameters: {weight: 1}
      dytpe: float32
      """)
    let run = try BraidBinary.run(["plan", spec])
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("\(spec):3:12: error: model nowhere: "))
    #expect(run.errors.contains("\(spec):4:5: error: `weight` is a parameter of merge methods and does nothing here\n"))
    #expect(
      run.errors.contains(
        """
        \(spec):7:1: error: there is no key `dytpe` in the top level of the spec
          dytpe: float32
          ^
          did you mean dtype?
        """))
    let lenient = try BraidBinary.run(["plan", spec, "--lenient"])
    #expect(lenient.errors.contains("\(spec):7:1: warning: "))
  }
}
