import ArgumentParser
import Checkpoints
import Documents

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a checkpoint holds: format, dtypes, layers, tokenizer, tensors.",
    discussion: "Only headers are read. Tensors that repeat from layer to layer are folded into one line.")

  @Argument(
    help: ArgumentHelp("A model folder, a weight file, or a model in the Hugging Face cache.", valueName: "checkpoint"))
  var reference: String

  @Flag(help: "Print JSON.")
  var json = false

  mutating func run() async throws {
    let summary = try CheckpointSummary(of: ModelFolder.open(ModelLocator.locate(reference)))
    if json {
      print(summary.json.pretty, terminator: "")
    } else {
      print(summary.text, terminator: "")
    }
  }
}
