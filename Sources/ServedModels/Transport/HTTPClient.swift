internal import CHTTP
private import Dispatch
private import Synchronization

/// A request to a server.
struct HTTPRequest: Sendable {
  /// The whole address.
  var url: String
  /// A header line that says who asks, if the server may want to know.
  var authorization: String?
  /// JSON to send; nothing for a request that only reads.
  var body: String?
  /// The most bytes of an answer.
  var limit: Int
}

/// What became of a request.
enum HTTPOutcome: Sendable {
  /// The server answered.
  case answer(status: Int, body: [UInt8], retryAfter: Double?)
  /// The answer was larger than allowed.
  case tooLarge(limit: Int)
  /// The server wants to be asked elsewhere.
  case redirect(to: String)
  /// Nothing answers there.
  case unreachable(String)
  /// The connection ended before the answer did.
  case lost(String)
  /// The answer took too long.
  case late
}

/// Sends requests over HTTP, through libcurl; no answer may be larger than its request allows, and none leads
/// elsewhere.
///
/// Foundation's own sessions are not used: on Linux they poll while they wait, and hang when a server closes a
/// connection that was kept.
final class HTTPClient: Sendable {
  /// After so many seconds an answer no longer counts.
  private let patience: Double
  private let queue = DispatchQueue(label: "braid.http", attributes: .concurrent)
  private let idle = Mutex<[Line]>([])

  init(patience: Double) { self.patience = patience }

  /// Connections of one request after another.
  private final class Line: @unchecked Sendable {
    // Used by one request at a time.
    let pointer: OpaquePointer

    init?() {
      guard let pointer = braid_http_open() else { return nil }
      self.pointer = pointer
    }

    deinit { braid_http_close(pointer) }
  }

  /// A word from the one who waits to the one who asks.
  private final class Cancellation: @unchecked Sendable {
    // Written and read through atomic operations only.
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    init() { flag.initialize(to: 0) }
    deinit { flag.deallocate() }
  }

  /// Starts a request.
  ///
  /// - Parameter completion: called once, on any thread.
  /// - Returns: what gives it up; that may take a second.
  func start(_ request: HTTPRequest, completion: @escaping @Sendable (HTTPOutcome) -> Void) -> @Sendable () -> Void {
    let cancellation = Cancellation()
    queue.async { completion(self.send(request, cancellation)) }
    return { braid_http_cancel(cancellation.flag) }
  }

  private func send(_ request: HTTPRequest, _ cancellation: Cancellation) -> HTTPOutcome {
    guard let line = idle.withLock({ $0.popLast() }) ?? Line() else { return .lost("there is no memory for a request") }
    defer { idle.withLock { $0.append(line) } }
    var answer = braid_http_answer()
    defer { braid_http_release(&answer) }
    request.url.withCString { url in
      request.authorization.withOptionalCString { authorization in
        request.body.withOptionalCString { body in
          var plain = braid_http_request(
            url: url, authorization: authorization, body: body, body_size: request.body?.utf8.count ?? 0,
            limit: request.limit, patience: patience, is_cancelled: cancellation.flag)
          braid_http_send(line.pointer, &plain, &answer)
        }
      }
    }
    withExtendedLifetime(cancellation) {}
    return Self.outcome(answer, limit: request.limit)
  }

  private static func outcome(_ answer: braid_http_answer, limit: Int) -> HTTPOutcome {
    switch answer.outcome {
    case BRAID_HTTP_ANSWERED: break
    case BRAID_HTTP_TOO_LARGE: return .tooLarge(limit: limit)
    case BRAID_HTTP_NO_HOST: return .unreachable("there is no such host")
    case BRAID_HTTP_NO_SERVER: return .unreachable("nothing answers there; is the server running?")
    case BRAID_HTTP_NOT_SECURE: return .unreachable("no secure connection: \(message(answer))")
    case BRAID_HTTP_CLOSED: return .lost("the server closed the connection without an answer")
    case BRAID_HTTP_CUT_OFF: return .lost("the answer ends after \(answer.size) bytes, too early")
    case BRAID_HTTP_LATE, BRAID_HTTP_CANCELLED: return .late
    default: return .lost("the connection broke: \(message(answer))")
    }
    if (300..<400).contains(answer.status) {
      return .redirect(to: answer.location.map { String(cString: $0) } ?? "another address")
    }
    return .answer(
      status: Int(answer.status), body: Array(UnsafeBufferPointer(start: answer.body, count: answer.size)),
      retryAfter: answer.retry_after < 0 ? nil : answer.retry_after)
  }

  private static func message(_ answer: braid_http_answer) -> String {
    withUnsafeBytes(of: answer.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

extension String? {
  /// Calls a closure with the text as C has it, or with nothing.
  fileprivate func withOptionalCString<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    switch self {
    case .some(let text): text.withCString { body($0) }
    case .none: body(nil)
    }
  }
}
