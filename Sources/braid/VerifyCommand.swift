import ArgumentParser
import Checkpoints
import Documents
import Merging
import Tensors

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that a checkpoint is complete, finite, and what its configuration and its record say.",
    discussion: """
      Every byte is read. A checkpoint that braid wrote has a record with a digest of each tensor, which is compared. \
      The exit code is 1 if anything is wrong.
      """)

  @Argument(
    help: ArgumentHelp("A model folder, a weight file, or a model in the Hugging Face cache.", valueName: "checkpoint"))
  var reference: String
  @OptionGroup var resources: ResourceOptions
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Say nothing but what is wrong.") var quiet = false

  func run() async throws {
    let path = try Failure.ofRequest { try ModelLocator.locate(reference) }
    let model = try ModelFolder.open(path)
    let progress =
      quiet ? nil : ProgressLine(label: "reading", total: model.weights.index.byteCount, unit: .bytes)
    let verification = try CheckpointVerification(of: model, threads: resources.threads) { progress?.advance($0) }
    progress?.clear()
    print(json ? verification.json.pretty : text(verification), terminator: "")
    if !verification.isSound { throw Failure(code: 1, message: "") }
  }

  private func text(_ verification: CheckpointVerification) -> String {
    var lines = verification.findings.filter { !quiet || $0.severity == .error }.map { "\($0.severity): \($0.message)" }
    if verification.isSound, !quiet {
      let digests = verification.recorded > 0 ? ", \(verification.recorded) as they were written" : ""
      lines.append(
        "\(reference): sound; \(verification.tensors) tensors\(digests), \(ByteCount.text(verification.byteCount))")
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension CheckpointVerification {
  /// The verification as a program reads it.
  var json: JSONValue {
    .object([
      ("sound", .bool(isSound)), ("tensors", .integer(tensors)), ("bytes", .integer(byteCount)),
      ("recorded", .integer(recorded)),
      (
        "findings",
        .array(
          findings.map { .object([("severity", .string("\($0.severity)")), ("message", .string($0.message))]) })
      ),
    ])
  }
}
