import ArgumentParser
import Foundation

/// Runs batches, each in a process of its own, until the time is up; keeps every input that brought one down.
struct Campaign: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Try damaged files for some time; exit code 1 if any brought the reader down.")

  @Option(help: "For how long.") var seconds = 600.0
  @Option(help: "Where the random numbers begin; the same seed makes the same inputs.") var seed: UInt64 = 1
  @Option(help: "The folder with valid files of every format, one folder for each.") var seeds = "Fixtures/formats"
  @Option(name: .shortAndLong, help: "Where inputs are kept that brought the reader down.") var output = "out/fuzz"

  /// How many inputs one process tries.
  private static let batchLength = 500

  /// A folder that lies in memory, if there is one: thousands of files are made each second.
  private static var memory: String {
    FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
  }

  func run() throws {
    let files = Seed.all(in: seeds)
    guard !files.isEmpty else { throw ValidationError("there is no valid weight file in \(seeds)") }
    let kinds = Dictionary(grouping: files, by: \.format).mapValues(\.count).sorted { $0.key < $1.key }
    print("seed \(seed); valid files: " + kinds.map { "\($0.key) \($0.value)" }.joined(separator: ", "))

    let work = Self.memory + "/braid-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
    defer { try? FileManager.default.removeItem(atPath: work) }
    let end = ContinuousClock.now + .seconds(seconds)
    var first: UInt64 = 0
    var failures = 0
    while ContinuousClock.now < end {
      try? FileManager.default.removeItem(atPath: work)
      try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
      let batch = try batch(from: first, in: work)
      guard let what = batch.failure else {
        first += UInt64(Self.batchLength)
        continue
      }
      failures += 1
      let number = Batch.number(in: work) ?? first
      let kept = output + "/seed-\(seed)-input-\(number)"
      try? FileManager.default.removeItem(atPath: kept)
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: work, toPath: kept)
      print("seed \(seed), input \(number): \(what); kept in \(kept)")
      first = number + 1
    }
    print("\(first) inputs, \(failures) brought the reader down")
    if failures > 0 { throw ExitCode(1) }
  }

  /// Runs one batch; says how it failed, if it did.
  private func batch(from first: UInt64, in work: String) throws -> (failure: String?, status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
    process.arguments = [
      "batch", "--seed", "\(seed)", "--first", "\(first)", "--count", "\(Self.batchLength)", "--seeds", seeds, "--work",
      work,
    ]
    try process.run()
    process.waitUntilExit()
    let status = process.terminationStatus
    switch process.terminationReason {
    case .uncaughtSignal where status == SIGALRM: return ("hung for \(Batch.secondsPerInput) seconds", status)
    case .uncaughtSignal: return ("ended by signal \(status)", status)
    default: return (status == 0 ? nil : "a promise was broken (exit code \(status))", status)
    }
  }
}
