import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A finished program and what the operating system says it used.
struct MeasuredProcess {
  var wallSeconds: Double
  var cpuSeconds: Double
  /// The largest resident memory in bytes, mapped files included.
  var peakMemory: Int
  var output: String

  /// Runs a program to its end.
  ///
  /// - Parameter hidesErrors: whether its standard error is only looked at, for the last line, if it fails; else it goes to
  ///   ours.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], hidesErrors: Bool = false
  ) throws -> MeasuredProcess {
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent("braid-bench-\(getpid()).err").path
    defer { unlink(errors) }
    let output = FileManager.default.temporaryDirectory.appendingPathComponent("braid-bench-\(getpid()).out").path
    defer { unlink(output) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    if hidesErrors { posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600) }
    var arguments = arguments.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    var variables =
      ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { strdup("\($0)=\($1)") } + [nil]
    defer {
      for text in arguments { free(text) }
      for text in variables { free(text) }
    }
    let start = ContinuousClock.now
    var process = pid_t()
    guard let program = arguments[0], posix_spawnp(&process, program, &actions, nil, &arguments, &variables) == 0 else {
      throw BenchError("cannot start \(arguments[0].map { String(cString: $0) } ?? "nothing")")
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
    let wall = ContinuousClock.now - start
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    guard status == 0 else {
      let last = hidesErrors ? (try? String(contentsOfFile: errors, encoding: .utf8))?.split(separator: "\n").last : nil
      let command = arguments.compactMap { $0.map { String(cString: $0) } }.joined(separator: " ")
      throw BenchError("\(command) failed" + (last.map { ": \($0)" } ?? ""))
    }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    #if os(Linux)
      let unit = 1024
    #else
      let unit = 1
    #endif
    return MeasuredProcess(
      wallSeconds: wall / .seconds(1), cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakMemory: Int(usage.ru_maxrss) * unit, output: text)
  }
}

/// A benchmark that cannot go on.
struct BenchError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
