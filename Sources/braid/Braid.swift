import ArgumentParser

@main
struct Braid: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid",
    abstract: "Merge language models and find out which merge is better.",
    subcommands: [InspectCommand.self])
}
