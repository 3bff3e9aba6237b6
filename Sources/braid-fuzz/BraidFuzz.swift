import ArgumentParser

@main
struct BraidFuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid-fuzz",
    abstract: "Damage valid weight files in random ways and check that reading them never crashes, hangs or strays.",
    subcommands: [Campaign.self, Batch.self, Check.self], defaultSubcommand: Campaign.self)
}
