import ArgumentParser
import Foundation

/// Tries some inputs in this process, which ends at the first that breaks a promise.
struct Batch: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "batch", shouldDisplay: false)

  /// After so long an input has hung; hostile files are to be refused within one second.
  static let secondsPerInput: UInt32 = 10
  /// Memory that the process may have; hostile files are to be refused within 200 MB.
  private static let memoryLimit: rlim_t = 1 << 30

  @Option var seed: UInt64
  @Option var first: UInt64
  @Option var count: UInt64
  @Option var seeds: String
  @Option var work: String

  func run() throws {
    var limit = rlimit(rlim_cur: Self.memoryLimit, rlim_max: Self.memoryLimit)
    #if os(Linux)
      setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    #else
      setrlimit(RLIMIT_DATA, &limit)
    #endif
    let files = Seed.all(in: seeds)
    for number in first..<first + count {
      var mutator = Mutator(seed: seed, number: number)
      let input = mutator.mutated(files)
      try Data("\(number)\n".utf8).write(to: URL(fileURLWithPath: work + "/number"))
      let path = try input.write(in: work)
      alarm(Self.secondsPerInput)
      try Examination.examine(path)
      alarm(0)
    }
  }

  /// The input that a batch was at.
  static func number(in work: String) -> UInt64? {
    (try? String(contentsOfFile: work + "/number", encoding: .utf8)).flatMap { UInt64($0.dropLast()) }
  }
}

/// Tries one file that was kept.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Try files that a run has kept, and say what becomes of them.")

  @Argument(help: "Weight files.") var files: [String]

  func run() throws {
    for file in files {
      let start = ContinuousClock.now
      let refusal = try Examination.examine(file)
      print("\(file): \(refusal ?? "accepted") (\(ContinuousClock.now - start))")
    }
  }
}
