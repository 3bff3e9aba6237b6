#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A program that was started by a test.
///
/// A class, because the process has one owner, who must wait for it; not shared between tasks.
public final class RunningProgram {
  private let process: pid_t
  private let folder: TemporaryFolder
  private var ended: BraidBinary.Result?

  /// Starts a program with both outputs going to files, so that neither can fill up a pipe.
  init(path: String, arguments: [String], folder: String, environment: [String: String], input: String? = nil) throws {
    let outputs = try TemporaryFolder()
    let inputPath = try input.map { try outputs.write("input", $0) } ?? "/dev/null"
    process = try SpawnedProcess.start(path, arguments, folder: folder, environment: environment) { actions, _ in
      posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, outputs("output"), O_WRONLY | O_CREAT, 0o600)
      posix_spawn_file_actions_addopen(&actions, 2, outputs("errors"), O_WRONLY | O_CREAT, 0o600)
    }
    self.folder = outputs
  }

  deinit {
    if ended == nil {
      kill()
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
  }

  /// Ends the program at once, with no chance to tidy up.
  public func kill() { send(SIGKILL) }

  /// Lets the program run for a while and ends it at once, unless it has ended by itself.
  public func kill(afterMilliseconds delay: Int) {
    usleep(UInt32(delay) * 1000)
    kill()
  }

  /// Asks the program to end, as Ctrl-C does.
  public func interrupt() { send(SIGINT) }

  private func send(_ signal: Int32) {
    if ended == nil { SpawnedProcess.send(signal, to: process) }
  }

  /// Waits for the end; after so many seconds the program is killed.
  public func wait(seconds: Double = 300) throws -> BraidBinary.Result {
    if let ended { return ended }
    var status: Int32 = 0
    var usage = rusage()
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(seconds)
    while true {
      let answer = wait4(process, &status, WNOHANG, &usage)
      if answer == process { break }
      guard answer == 0 || errno == EINTR else { throw BraidBinary.Failure(description: "the process is lost") }
      if clock.now > limit { kill() }
      usleep(2000)
    }
    #if canImport(Darwin)
      let peak = Int(usage.ru_maxrss)
    #else
      let peak = Int(usage.ru_maxrss) * 1024
    #endif
    let result = BraidBinary.Result(
      status: SpawnedProcess.code(of: status), output: try Files.text(folder("output")),
      errors: try Files.text(folder("errors")), peakMemory: peak)
    ended = result
    return result
  }
}
