public import ArgumentParser
import Batches
public import Reports

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show the leaderboard of a batch again.")

  @Argument(help: ArgumentHelp("The output folder of a batch.", valueName: "folder")) var folder: String
  @Option(help: "The form: \(ReportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ReportFormat = .text

  func run() async throws {
    let record = try Failure.ofRequest { try BatchRecord.read(folder) }
    print(format == .text ? Screen.rendered(record) : Report(record).rendered(as: format), terminator: "")
  }
}

extension ReportFormat: ExpressibleByArgument {}
