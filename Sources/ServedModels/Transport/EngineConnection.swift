internal import Documents
internal import Foundation

#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif

/// The way to a server: a bounded number of requests at once, each sent again a few times where that can help.
struct EngineConnection: Sendable {
  /// A request to the server.
  struct Request: Sendable {
    /// What is asked for, behind the server's address: `completions`.
    var path: String
    /// What is sent; nothing for a request that only reads.
    var body: String?
    /// The most bytes of an answer.
    var limit: Int
  }

  /// An answer.
  struct Answer: Sendable {
    /// The status; 200 for success.
    var status: Int
    /// What was sent.
    var body: [UInt8]
  }

  /// How the server is asked.
  let options: EngineOptions
  private let key: EngineKey?
  private let client: HTTPClient

  /// The longest that a server's own wish to wait is followed, in seconds.
  private static let longestWait = 30.0
  /// Answers that another try may better: too many requests, a server or one behind it that fails or starts.
  private static let passingStatuses: Set<Int> = [429, 500, 502, 503, 504]

  init(_ options: EngineOptions, key: EngineKey?) {
    self.options = options
    self.key = key
    client = HTTPClient(patience: options.timeout)
  }

  /// An error about this server.
  func failure(_ message: String) -> EngineError { EngineError(options.address, message) }

  // MARK: Sending

  /// A request that is under way.
  private struct Sent {
    var number: Int
    var attempt: Int
    var deadline: ContinuousClock.Instant
    var cancel: @Sendable () -> Void
    var isLate = false
  }

  /// The answer to one request, whatever its status.
  ///
  /// - Parameter isStubborn: whether it is sent again after failures that may pass.
  func answer(to request: Request, isStubborn: Bool = true) throws -> Answer {
    var found: Answer?
    try send([request], isStubborn: isStubborn) { _, answer in found = answer }
    guard let found else { throw failure("there is no answer") }
    return found
  }

  /// Sends requests and hands each answer over as it comes, on the caller's thread.
  ///
  /// - Parameters:
  ///   - isStubborn: whether requests are sent again after failures that may pass: an overloaded server, a broken
  ///     connection.
  ///   - answered: called with the number of a request and its answer, whatever its status.
  /// - Throws: an ``EngineError``, or what `answered` throws; requests under way are then given up.
  func send(
    _ requests: [Request], isStubborn: Bool = true, answered: (Int, Answer) throws -> Void
  ) throws {
    let clock = ContinuousClock()
    let mail = Mailbox<HTTPOutcome>()
    var waiting = requests.indices.map { (number: $0, attempt: 0, time: clock.now) }
    // Taken from the end.
    waiting.reverse()
    var underWay: [Int: Sent] = [:]
    defer { for sent in underWay.values { sent.cancel() } }
    var ticket = 0
    while !waiting.isEmpty || !underWay.isEmpty {
      while underWay.count < options.connections, let next = waiting.lastIndex(where: { $0.time <= clock.now }) {
        let (number, attempt, _) = waiting.remove(at: next)
        ticket += 1
        underWay[ticket] = start(requests[number], number: number, attempt: attempt, ticket: ticket, mail: mail)
      }
      let events = underWay.values.map(\.deadline) + waiting.map(\.time).filter { $0 > clock.now }
      guard let (ticket, outcome) = mail.next(until: events.min() ?? clock.now) else {
        for (ticket, sent) in underWay where sent.deadline <= clock.now {
          underWay[ticket]?.isLate = true
          // The answer to this comes at once, or the entry would be waited for once more.
          underWay[ticket]?.deadline = clock.now + .seconds(1)
          sent.cancel()
        }
        continue
      }
      guard let sent = underWay.removeValue(forKey: ticket) else { continue }
      let result = sent.isLate ? .late : outcome
      // A server that is only slow gets a second chance, but not as many as one that says that it is busy.
      let tries = if case .late = result { min(1, options.waits.count) } else { options.waits.count }
      let wait = isStubborn && sent.attempt < tries ? options.waits[sent.attempt] : nil
      if let pause = try handle(result, of: sent.number, wait: wait, answered: answered) {
        waiting.append((sent.number, sent.attempt + 1, clock.now + .seconds(pause)))
      }
    }
  }

  private func start(
    _ request: Request, number: Int, attempt: Int, ticket: Int, mail: Mailbox<HTTPOutcome>
  ) -> Sent {
    let deadline = ContinuousClock().now + .seconds(options.timeout)
    guard let url = URL(string: "\(options.address)/\(request.path)") else {
      mail.post(ticket, .unreachable("there is no such address"))
      return Sent(number: number, attempt: attempt, deadline: deadline, cancel: {})
    }
    var message = URLRequest(url: url)
    message.setValue("application/json", forHTTPHeaderField: "Accept")
    if let key { message.setValue("Bearer " + key.secret, forHTTPHeaderField: "Authorization") }
    if let body = request.body {
      message.httpMethod = "POST"
      message.setValue("application/json", forHTTPHeaderField: "Content-Type")
      message.httpBody = Data(body.utf8)
    }
    let cancel = client.start(message, limit: request.limit) { mail.post(ticket, $0) }
    return Sent(number: number, attempt: attempt, deadline: deadline, cancel: cancel)
  }

  /// Hands an answer over, or says after how many seconds the request is sent again.
  private func handle(
    _ outcome: HTTPOutcome, of number: Int, wait: Double?, answered: (Int, Answer) throws -> Void
  ) throws -> Double? {
    switch outcome {
    case .answer(let status, let body, let retryAfter):
      if let wait, Self.passingStatuses.contains(status) {
        return max(wait, min(retryAfter ?? 0, Self.longestWait))
      }
      try refuse(status: status)
      try answered(number, Answer(status: status, body: body))
      return nil
    case .tooLarge(let limit):
      throw failure("the answer is larger than the \(limit) bytes that one to this request can have")
    case .redirect(let place):
      throw failure("the server wants to be asked elsewhere: \(PrintableText.of(place)); give that address")
    case .unreachable(let reason):
      if let wait { return wait }
      throw failure(reason)
    case .lost(let reason):
      if let wait { return wait }
      throw failure(reason)
    case .late:
      if let wait { return wait }
      throw failure("no answer within \(Self.text(seconds: options.timeout)) (--engine-timeout)")
    }
  }

  /// Refuses what no other request to this server would better.
  private func refuse(status: Int) throws(EngineError) {
    guard status == 401 || status == 403 else { return }
    if let key { throw failure("the server does not take the key in \(key.source) (HTTP \(status))") }
    throw failure("the server wants a key (HTTP \(status)); put it into \(EngineKey.variable)")
  }

  private static func text(seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
