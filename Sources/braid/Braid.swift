import ArgumentParser
import Foundation
import Merging

@main
struct Braid: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid",
    abstract: "Merge language models and find out which merge is better.",
    discussion: "Exit codes: 0 done, 1 the work failed, 2 the request was wrong.",
    version: BraidVersion.text,
    subcommands: [
      BatchCommand.self, ConvertCommand.self, DiffCommand.self, EvalCommand.self, InitCommand.self,
      InspectCommand.self, MergeCommand.self, MethodsCommand.self, PlanCommand.self, PromptsCommand.self,
      ReplayCommand.self, ReportCommand.self, SpecCommand.self, VerifyCommand.self,
    ])

  static func main() async {
    // A reader that goes away, such as `head`, ends the program quietly; it is not an error.
    signal(SIGPIPE, SIG_DFL)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      if !failure.message.isEmpty { Terminal.note(failure.message) }
      Foundation.exit(failure.code)
    } catch {
      let code = exitCode(for: error)
      switch code {
      case .success:
        print(fullMessage(for: error))
        Foundation.exit(0)
      case .validationFailure:
        Terminal.note(fullMessage(for: error))
        Foundation.exit(2)
      default:
        Terminal.note(Failure.text(of: error))
        Foundation.exit(1)
      }
    }
  }
}
