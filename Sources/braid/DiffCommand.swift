import ArgumentParser
import Comparisons
import Documents
import Foundation
import Merging
import Reports
import Tensors

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show how two models differ, tensor by tensor, and what that means for merging them.",
    discussion: """
      With the base that both came from, their task vectors are compared too: norms, sign conflict, overlap, stable \
      rank. Weights are streamed, and the result is the same for any number of threads.
      """)

  private static let model = "A model folder, a weight file, a model in the Hugging Face cache, or a merge spec."

  @Argument(help: ArgumentHelp(model, valueName: "a")) var first: String
  @Argument(help: ArgumentHelp("The model to compare it with.", valueName: "b")) var second: String
  @Option(help: ArgumentHelp("The model that both came from.", valueName: "model")) var base: String?
  @Option(help: ArgumentHelp("How many of the tensors that differ most are shown.", valueName: "count")) var top = 10
  @Option(help: ArgumentHelp("Also write the report as a page for a browser.", valueName: "file")) var html: String?
  @Flag(name: .customLong("no-ranks"), help: "Leave out stable ranks, which take the most time.") var leavesOutRanks =
    false
  @OptionGroup var resources: ResourceOptions
  @Flag(help: "Print JSON, with everything for each tensor.") var json = false
  @Flag(help: "Make unknown keys in specs warnings.") var lenient = false

  func validate() throws {
    if top < 0 { throw ValidationError("--top must not be negative") }
  }

  func run() async throws {
    let models = try Failure.ofRequest { try [first, second].map(open) }
    let origin = try Failure.ofRequest { try base.map(open) }
    let pair = ModelPair(
      models[0], models[1], base: origin, ranksTaskVectors: !leavesOutRanks,
      resources: ComparisonResources(threads: resources.threads, memory: resources.memory.bytes))
    let progress = ProgressLine(label: "comparing", total: pair.workload, unit: .bytes)
    let comparison = try pair.compare { progress.advance($0) }
    progress.clear()
    if let html {
      let page = ComparisonReport(comparison, top: top).html
      do { try Data(page.utf8).write(to: URL(fileURLWithPath: html), options: .atomic) } catch {
        throw Failure(code: 1, message: "error: \(html): the page cannot be written: \(error.localizedDescription)")
      }
    }
    if json { return print(comparison.json.pretty, terminator: "") }
    print(Screen.rendered(comparison, top: top), terminator: "")
  }

  /// Merges are computed by whichever thread reads them, so that threads do not multiply.
  private func open(_ argument: String) throws -> ComparedModel {
    let model = try OpenedModel.open(
      argument, resources: MergeResources(memory: resources.memory.bytes / 8, threads: 1), lenient: lenient)
    return ComparedModel(name: argument, weights: model.weights)
  }
}
