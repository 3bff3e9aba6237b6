internal import Foundation
#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif
private import Synchronization

/// Sends requests over HTTP; no answer may be larger than its request allows, and none leads elsewhere.
struct HTTPClient: Sendable {
  /// After so many seconds without a byte an answer no longer counts.
  let patience: Double

  /// Starts a request, on a connection of its own.
  ///
  /// A server may close a connection that is kept just when it is used again; on Linux the body is then not sent a
  /// second time, and the request hangs.
  ///
  /// - Parameters:
  ///   - limit: the most bytes of an answer.
  ///   - completion: called once, on any thread.
  /// - Returns: what cancels it.
  func start(
    _ request: URLRequest, limit: Int, completion: @escaping @Sendable (HTTPOutcome) -> Void
  ) -> @Sendable () -> Void {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = patience
    configuration.httpShouldSetCookies = false
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    let session = URLSession(
      configuration: configuration, delegate: Collector(limit: limit, completion), delegateQueue: nil)
    let task = session.dataTask(with: request)
    task.resume()
    // The session keeps its delegate, and threads, until it is told; the task is still finished.
    session.finishTasksAndInvalidate()
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

/// Collects the answer to one request.
private final class Collector: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    var body: [UInt8] = []
    var isTooLarge = false
    var redirect: String?
  }

  private let limit: Int
  private let completion: @Sendable (HTTPOutcome) -> Void
  private let state = Mutex(State())

  init(limit: Int, _ completion: @escaping @Sendable (HTTPOutcome) -> Void) {
    self.limit = limit
    self.completion = completion
  }

  /// Whether so many bytes more are not too many.
  private func admits(_ count: Int) -> Bool {
    state.withLock { state in
      if count > limit - state.body.count { state.isTooLarge = true }
      return !state.isTooLarge
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let target = request.url?.absoluteString ?? "another address"
    state.withLock { $0.redirect = target }
    completionHandler(nil)
    task.cancel()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let length = Int(clamping: response.expectedContentLength)
    completionHandler(length <= 0 || admits(length) ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard admits(data.count) else { return dataTask.cancel() }
    state.withLock { $0.body.append(contentsOf: data) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    completion(outcome(task.response as? HTTPURLResponse, error))
  }

  private func outcome(_ response: HTTPURLResponse?, _ error: (any Error)?) -> HTTPOutcome {
    let state = state.withLock { $0 }
    if state.isTooLarge { return .tooLarge(limit: limit) }
    if let redirect = state.redirect { return .redirect(to: redirect) }
    if let error { return Self.outcome(of: error) }
    guard let response else { return .lost("the answer is not HTTP") }
    if (300..<400).contains(response.statusCode) {
      return .redirect(to: response.value(forHTTPHeaderField: "Location") ?? "another address")
    }
    let promised = Int(clamping: response.expectedContentLength)
    guard promised <= 0 || state.body.count >= promised else {
      return .lost("the answer ends after \(state.body.count) of \(promised) bytes")
    }
    return .answer(
      status: response.statusCode, body: state.body,
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
