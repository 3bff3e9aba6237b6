internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A server on this machine that speaks just enough HTTP/1.1 for tests, and misbehaves on request.
///
/// It ends with this value; a class, because its end closes the socket.
public final class LocalServer: Sendable {
  /// What a client sent.
  public struct Request: Sendable {
    /// `GET` or `POST`.
    public var method: String
    /// What is asked for, with the slash in front.
    public var path: String
    /// The headers by their names in small letters.
    public var headers: [String: String]
    /// What was sent with it.
    public var body: [UInt8]
  }

  /// What a client gets.
  public enum Reply: Sendable {
    /// An ordinary answer; the connection stays open.
    case answer(status: Int, headers: [String: String], body: [UInt8])
    /// Just these bytes, whatever they are; then the connection is closed.
    case bytes([UInt8])
    /// These bytes one by one, with a pause of so many milliseconds; then the connection is closed.
    case trickle([UInt8], milliseconds: UInt32)
    /// These bytes, and then others until the client has had enough.
    case endless([UInt8])
    /// Nothing, for as long as the client waits.
    case silence

    /// An answer in JSON.
    public static func json(_ text: String, status: Int = 200) -> Reply {
      .answer(status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
    }
  }

  /// The number of the port.
  public let port: Int
  /// The address that clients are given.
  public var address: String { "http://127.0.0.1:\(port)/v1" }

  private let listener: Int32

  /// Starts a server.
  ///
  /// - Parameter handler: makes the reply to a request; called on any thread.
  public init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    listener = socket(AF_INET, kind, 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let isBound = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(socket, pointer, size) == 0 && listen(socket, 64) == 0 && getsockname(socket, pointer, &size) == 0
      }
    }
    guard isBound else { throw BraidBinary.Failure(description: "cannot listen: error \(errno)") }
    port = Int(UInt16(bigEndian: place.sin_port))
    // Threads of their own: those of a queue come slowly once some of them wait.
    Thread.detachNewThread {
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          LocalConnection(connection).serve(handler)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
