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

/// Processes as the operating system starts and ends them.
enum SpawnedProcess {
  #if canImport(Darwin)
    typealias Actions = posix_spawn_file_actions_t?
    typealias Attributes = posix_spawnattr_t?
  #else
    typealias Actions = posix_spawn_file_actions_t
    typealias Attributes = posix_spawnattr_t
  #endif

  /// Starts a program in a folder.
  ///
  /// - Parameter prepare: opens the standard files, and may change what is inherited.
  static func start(
    _ path: String, _ arguments: [String], folder: String, environment: [String: String],
    prepare: (inout Actions, inout Attributes) -> Void
  ) throws -> pid_t {
    // The shell changes the folder and becomes the program: the portable spawn call has no working directory.
    let words = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder, path] + arguments
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    #if canImport(Darwin)
      var actions: Actions = nil
      var attributes: Attributes = nil
    #else
      var actions = Actions()
      var attributes = Attributes()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    prepare(&actions, &attributes)
    var argumentPointers = words.map { strdup($0) } + [nil]
    var variablePointers = variables.map { strdup($0) } + [nil]
    defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
    var process = pid_t()
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, &argumentPointers, &variablePointers)
    guard code == 0 else { throw BraidBinary.Failure(description: "cannot start \(path): error \(code)") }
    return process
  }

  /// Sends a signal; methods of the same name hide the system's function from their types.
  static func send(_ signal: Int32, to process: pid_t) { _ = kill(process, signal) }

  /// The exit code that a status stands for, or the signal as a negative number.
  static func code(of status: Int32) -> Int32 {
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : -signal
  }
}
