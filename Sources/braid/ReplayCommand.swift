import ArgumentParser
import Checkpoints
import Documents
import Merging

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Repeat a merge from the record beside its result and compare every byte.",
    discussion: """
      The spec, the options and the digests of the parents are in the folder that braid merge wrote. The exit code is \
      1 if anything comes out differently.
      """)

  @Argument(help: ArgumentHelp("A folder that braid merge wrote.", valueName: "folder")) var folder: String
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "The folder that relative paths in the spec start from, if the spec's has moved.", valueName: "folder"))
  var home: String?
  @Option(name: .shortAndLong, help: "Keep the new result here; otherwise it is removed.") var output: String?
  @OptionGroup var resources: ResourceOptions
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Say nothing but what differs.") var quiet = false

  func run() async throws {
    let prepared = try Failure.ofRequest { try Replay.prepare(folder, home: home) }
    let progress =
      quiet ? nil : ProgressLine(label: "merging", total: Merger.workload(of: prepared.merge.plan), unit: .bytes)
    let replay = try Replay.run(prepared, keeping: output, resources: resources.resources) { progress?.advance($0) }
    progress?.finish()
    if json {
      print(replay.json.pretty, terminator: "")
    } else {
      for line in replay.differences { print("differs: \(line)") }
      for line in replay.reasons { print("note: \(line)") }
      if replay.differences.isEmpty, !quiet {
        print("\(folder): the same again, byte for byte, in all \(replay.files) files")
      }
    }
    if !replay.differences.isEmpty { throw Failure(code: 1, message: "") }
  }
}

extension Replay {
  /// The outcome as a program reads it.
  var json: JSONValue {
    .object([
      ("equal", .bool(differences.isEmpty)), ("files", .integer(files)),
      ("differences", .array(differences.map { .string($0) })), ("reasons", .array(reasons.map { .string($0) })),
    ])
  }
}
