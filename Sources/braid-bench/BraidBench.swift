import ArgumentParser

@main
struct BraidBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid-bench",
    abstract: "Measure Braid against the least that this machine needs for the same bytes and products.",
    subcommands: [
      MergeBench.self, FormatBench.self, EvalBench.self, SourceBench.self, EvalRun.self, TokenBench.self, Floor.self,
      MakeFamily.self,
    ])
}
