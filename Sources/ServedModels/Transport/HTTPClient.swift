internal import Foundation
#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif
private import Synchronization

/// Sends requests over HTTP; no answer may be larger than its request allows, and none leads elsewhere.
final class HTTPClient: Sendable {
  private let session: URLSession
  private let collector = Collector()

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - connections: how many requests are under way at once.
  ///   - patience: after so many seconds without a byte an answer no longer counts.
  init(connections: Int, patience: Double) {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = connections
    configuration.timeoutIntervalForRequest = patience
    configuration.httpShouldSetCookies = false
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    session = URLSession(configuration: configuration, delegate: collector, delegateQueue: nil)
  }

  // The session keeps its delegate, and threads, until it is told.
  deinit { session.invalidateAndCancel() }

  /// Starts a request.
  ///
  /// - Parameters:
  ///   - limit: the most bytes of an answer.
  ///   - completion: called once, on any thread.
  /// - Returns: what cancels it.
  func start(
    _ request: URLRequest, limit: Int, completion: @escaping @Sendable (HTTPOutcome) -> Void
  ) -> @Sendable () -> Void {
    let task = session.dataTask(with: request)
    collector.expect(task.taskIdentifier, limit: limit, completion: completion)
    task.resume()
    return { task.cancel() }
  }
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

/// Collects answers, for all requests of a client.
private final class Collector: NSObject, URLSessionDataDelegate, Sendable {
  private struct Entry {
    let limit: Int
    let completion: @Sendable (HTTPOutcome) -> Void
    var body: [UInt8] = []
    var isTooLarge = false
    var redirect: String?
  }

  private let entries = Mutex<[Int: Entry]>([:])

  func expect(_ task: Int, limit: Int, completion: @escaping @Sendable (HTTPOutcome) -> Void) {
    entries.withLock { $0[task] = Entry(limit: limit, completion: completion) }
  }

  /// Takes note of so many bytes to come; false if they are too many.
  private func admits(_ count: Int, _ task: URLSessionTask) -> Bool {
    entries.withLock { entries in
      guard let entry = entries[task.taskIdentifier] else { return false }
      if count > entry.limit - entry.body.count { entries[task.taskIdentifier]?.isTooLarge = true }
      return count <= entry.limit - entry.body.count
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let target = request.url?.absoluteString ?? "another address"
    entries.withLock { $0[task.taskIdentifier]?.redirect = target }
    completionHandler(nil)
    task.cancel()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let length = Int(clamping: response.expectedContentLength)
    completionHandler(length <= 0 || admits(length, dataTask) ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard admits(data.count, dataTask) else { return dataTask.cancel() }
    entries.withLock { $0[dataTask.taskIdentifier]?.body.append(contentsOf: data) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    guard let entry = entries.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
    entry.completion(Self.outcome(entry, task.response as? HTTPURLResponse, error))
  }

  private static func outcome(_ entry: Entry, _ response: HTTPURLResponse?, _ error: (any Error)?) -> HTTPOutcome {
    if entry.isTooLarge { return .tooLarge(limit: entry.limit) }
    if let redirect = entry.redirect { return .redirect(to: redirect) }
    if let error { return outcome(of: error) }
    guard let response else { return .lost("the answer is not HTTP") }
    if (300..<400).contains(response.statusCode) {
      return .redirect(to: response.value(forHTTPHeaderField: "Location") ?? "another address")
    }
    let promised = Int(clamping: response.expectedContentLength)
    guard promised <= 0 || entry.body.count >= promised else {
      return .lost("the answer ends after \(entry.body.count) of \(promised) bytes")
    }
    return .answer(
      status: response.statusCode, body: entry.body,
      retryAfter: response.value(forHTTPHeaderField: "Retry-After").flatMap(Double.init))
  }

  private static func outcome(of error: any Error) -> HTTPOutcome {
    guard let error = error as? URLError else { return .lost(String(describing: error)) }
    switch error.code {
    case .timedOut: return .late
    case .cannotFindHost, .dnsLookupFailed: return .unreachable("there is no such host")
    case .cannotConnectToHost: return .unreachable("nothing answers there; is the server running?")
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid:
      return .unreachable("no secure connection: \(error.localizedDescription)")
    case .networkConnectionLost, .badServerResponse, .cannotParseResponse:
      return .lost("the server closed the connection without an answer")
    default: return .lost("the connection broke: \(error.localizedDescription)")
    }
  }
}
