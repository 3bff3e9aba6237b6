import BraidTesting
import MergeSpecs
import Testing

@Suite struct PlanTextTests {
  static let goldens = [
    "linear-weights", "linear-bf16", "slerp-gradient-filters", "task-arithmetic", "ties-density-half", "breadcrumbs",
    "passthrough-frankenmerge",
  ]

  @Test(arguments: goldens)
  func `the plans of the reference merges read as they did`(name: String) throws {
    let text = try Files.text(Fixture.path("families/a/golden/\(name)/spec.yaml"))
    let plan = try SpecTesting.plan(text, models: try SpecTesting.family())
    try Golden.expect(plan.text(), at: name + ".txt")
  }
}
