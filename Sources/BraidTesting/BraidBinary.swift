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

/// The built programs, `braid` above all, run as a user would run them.
public enum BraidBinary {
  /// What a run left behind.
  public struct Result: Sendable {
    /// The exit code, or the signal that ended the program as a negative number.
    public var status: Int32
    /// What was written to standard output.
    public var output: String
    /// What was written to standard error.
    public var errors: String
    /// The most memory that was resident at any time, in bytes.
    public var peakMemory: Int
  }

  /// Why a program could not be run.
  public struct Failure: Error, CustomStringConvertible {
    /// What happened.
    public var description: String
  }

  /// A program's path: beside the test bundle, else in the package's build folder.
  public static func path(of program: String = "braid") throws -> String {
    var folders: [String] = []
    for running in [CommandLine.arguments.first ?? "", executablePath] {
      var parts = running.split(separator: "/", omittingEmptySubsequences: false)
      // A test bundle is a file on Linux and a folder three levels deep on macOS.
      for _ in 0..<4 where parts.count > 1 {
        parts.removeLast()
        folders.append(parts.joined(separator: "/"))
      }
    }
    folders += ["release", "debug"].map { Fixture.packageRoot + "/.build/" + $0 }
    let found = folders.map { $0 + "/" + program }.first { access($0, X_OK) == 0 && isFile($0) }
    guard let found else {
      throw Failure(description: "the program \(program) is not built; looked in " + folders.joined(separator: ", "))
    }
    return found
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - folder: the working directory; the package's root unless stated.
  ///   - environment: variables that are set beside the inherited ones.
  ///   - input: what the program reads from standard input; nothing unless stated.
  ///   - seconds: after this time the program is killed, so that a test that hangs fails.
  public static func run(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:], input: String? = nil,
    program: String = "braid", seconds: Double = 300
  ) throws -> Result {
    try start(arguments, in: folder, environment: environment, input: input, program: program).wait(seconds: seconds)
  }

  /// Starts a program and returns while it runs.
  public static func start(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:], input: String? = nil,
    program: String = "braid"
  ) throws -> RunningProgram {
    try RunningProgram(
      path: path(of: program), arguments: arguments, folder: folder ?? Fixture.packageRoot, environment: environment,
      input: input)
  }

  /// Starts a program on a terminal of its own and returns while it runs.
  ///
  /// - Parameter columns: how wide the terminal's window is.
  public static func startOnTerminal(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:], columns: Int = 80,
    program: String = "braid"
  ) throws -> TerminalProgram {
    try TerminalProgram(
      path: path(of: program), arguments: arguments, folder: folder ?? Fixture.packageRoot, environment: environment,
      columns: columns)
  }

  private static var executablePath: String {
    #if os(Linux)
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    #else
      ""
    #endif
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
