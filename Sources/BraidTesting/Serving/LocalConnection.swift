#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// One client of a ``LocalServer``.
struct LocalConnection {
  private let socket: Int32

  /// After so many seconds without a byte a client counts as gone, so that no thread outlives its test for long.
  private static let patience = 60

  init(_ socket: Int32) {
    self.socket = socket
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    #if canImport(Darwin)
      var yes: Int32 = 1
      setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }

  /// Answers requests until the client or a reply ends the connection.
  func serve(_ handler: (LocalServer.Request) -> LocalServer.Reply) {
    var rest: [UInt8] = []
    while let request = request(&rest) {
      switch handler(request) {
      case .answer(let status, let headers, let body):
        var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.count)\r\n"
        let isLast = request.headers["connection"]?.lowercased() == "close"
        if isLast { head += "Connection: close\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        guard send(Array((head + "\r\n").utf8) + body), !isLast else { return }
      case .bytes(let bytes):
        _ = send(bytes)
        return
      case .trickle(let bytes, let milliseconds):
        for byte in bytes {
          guard send([byte]) else { return }
          usleep(milliseconds * 1000)
        }
        return
      case .endless(let bytes):
        guard send(bytes) else { return }
        let block = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 16)
        while send(block) {}
        return
      case .silence:
        while receive() != nil {}
        return
      }
    }
  }

  /// The next request, or nil if there is none.
  private func request(_ rest: inout [UInt8]) -> LocalServer.Request? {
    let end = Array("\r\n\r\n".utf8)
    var head: Int?
    while head == nil {
      head = rest.indices.first { rest[$0...].starts(with: end) }
      if head == nil {
        guard let more = receive() else { return nil }
        rest += more
      }
    }
    guard let head else { return nil }
    let lines = String(decoding: rest[..<head], as: UTF8.self).split(separator: "\r\n").map(String.init)
    rest.removeFirst(head + end.count)
    let words = lines.first?.split(separator: " ").map(String.init) ?? []
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    // Clients may ask before they send a long body.
    if headers["expect"] != nil, !send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) { return nil }
    let count = headers["content-length"].flatMap { Int($0) } ?? 0
    while rest.count < count {
      guard let more = receive() else { return nil }
      rest += more
    }
    let body = Array(rest.prefix(count))
    rest.removeFirst(count)
    return LocalServer.Request(method: words[0], path: words[1], headers: headers, body: body)
  }

  private func receive() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(socket, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  private func send(_ bytes: [UInt8]) -> Bool {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        raw.baseAddress.map { sendBytes(socket, $0 + sent, bytes.count - sent, flags) } ?? 0
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

/// The system's call, under a name that no method has.
private func sendBytes(_ socket: Int32, _ bytes: UnsafeRawPointer, _ count: Int, _ flags: Int32) -> Int {
  send(socket, bytes, count, flags)
}
