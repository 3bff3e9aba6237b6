#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A program that was started by a test on a terminal of its own, as a user's shell starts one.
///
/// A class, because the process has one owner, who must wait for it; not shared between tasks.
public final class TerminalProgram {
  private let process: pid_t
  /// The user's end of the terminal.
  private let terminal: Int32
  private var bytes: [UInt8] = []
  /// How much of that the test has read.
  private var expected = 0
  private var status: Int32?

  /// Everything that the terminal has shown, with its line ends.
  public var shown: String { String(decoding: bytes, as: UTF8.self) }

  /// Starts a program with the terminal as standard input and as both outputs.
  init(
    path: String, arguments: [String], folder: String, environment: [String: String], columns: Int
  ) throws {
    let (terminal, name) = try Self.open()
    self.terminal = terminal
    // The program must not hold the user's end as well, or its own would never hang up.
    _ = fcntl(terminal, F_SETFD, FD_CLOEXEC)
    _ = fcntl(terminal, F_SETFL, O_NONBLOCK)
    var size = winsize(ws_row: 24, ws_col: UInt16(clamping: columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)

    process = try SpawnedProcess.start(path, arguments, folder: folder, environment: environment) {
      actions, attributes in
      // Threads of a test may block signals, and what they start would inherit that.
      var signals = sigset_t()
      sigemptyset(&signals)
      posix_spawnattr_setsigmask(&attributes, &signals)
      // The first terminal that the leader of a session opens is the one that Ctrl-C reaches it from.
      posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK))
      posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
      for output in 1...2 { posix_spawn_file_actions_adddup2(&actions, 0, Int32(output)) }
    }
  }

  deinit {
    if status == nil {
      end()
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
    close(terminal)
  }

  #if os(Linux)
    // POSIX_SPAWN_SETSID, and the requests of a terminal's user end: Swift sees none of them.
    private static let newSession: Int16 = 0x80
    private static let unlock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430
  #else
    private static let newSession = Int16(POSIX_SPAWN_SETSID)
  #endif

  /// A new terminal: the user's end, and the name of the program's.
  private static func open() throws -> (terminal: Int32, name: String) {
    #if os(Linux)
      #if canImport(Glibc)
        let terminal = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY)
      #else
        let terminal = Musl.open("/dev/ptmx", O_RDWR | O_NOCTTY)
      #endif
      var isLocked: Int32 = 0
      var place: UInt32 = 0
      if terminal >= 0, ioctl(terminal, unlock, &isLocked) == 0, ioctl(terminal, number, &place) == 0 {
        return (terminal, "/dev/pts/\(place)")
      }
    #else
      let terminal = posix_openpt(O_RDWR | O_NOCTTY)
      if terminal >= 0, grantpt(terminal) == 0, unlockpt(terminal) == 0, let name = ptsname(terminal) {
        return (terminal, String(cString: name))
      }
    #endif
    throw BraidBinary.Failure(description: "there is no terminal to be had: error \(errno)")
  }

  /// Types text; the return key is `\r`, Ctrl-C `\u{3}`, Ctrl-D `\u{4}`.
  public func type(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
  }

  /// Reads on until the terminal has shown a text behind what was expected last, or so many seconds are over.
  public func expect(_ text: String, seconds: Double = 60) throws {
    let wanted = Array(text.utf8)
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(seconds)
    while true {
      let isOver = try poll()
      read()
      if let found = bytes[expected...].firstRange(of: wanted) {
        expected = found.upperBound
        return
      }
      if isOver || clock.now > limit {
        throw BraidBinary.Failure(description: "the terminal does not show \"\(text)\" but \"\(shown)\"")
      }
      usleep(2000)
    }
  }

  /// Waits for the end, after so many seconds by force; the exit code, or the signal as a negative number.
  public func wait(seconds: Double = 60) throws -> Int {
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(seconds)
    while try !poll() {
      read()
      if clock.now > limit { end() }
      usleep(2000)
    }
    read()
    guard let status else { throw BraidBinary.Failure(description: "the process is lost") }
    return Int(SpawnedProcess.code(of: status))
  }

  /// Whether the program has ended.
  private func poll() throws -> Bool {
    if status != nil { return true }
    var found: Int32 = 0
    let answer = waitpid(process, &found, WNOHANG)
    if answer == process { status = found }
    guard answer >= 0 || errno == EINTR else { throw BraidBinary.Failure(description: "the process is lost") }
    return status != nil
  }

  private func read() {
    var room = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = room.withUnsafeMutableBytes { bytes -> Int in
        #if canImport(Glibc)
          Glibc.read(terminal, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
          Musl.read(terminal, bytes.baseAddress, bytes.count)
        #else
          Darwin.read(terminal, bytes.baseAddress, bytes.count)
        #endif
      }
      guard count > 0 else { return }
      bytes += room[..<count]
    }
  }

  private func end() { SpawnedProcess.send(SIGKILL, to: process) }
}
