internal import Checkpoints
internal import Documents
internal import LanguageModels
private import Synchronization

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// What one model answered in all evaluations so far: a file of JSON lines that only grows.
///
/// The file is named after the model's fingerprint, so that two models never share a line. An observation is written as
/// soon as it is made and whole lines at a time: a killed run loses what it was computing and no more, and two runs may
/// write at once. Each line ends with a check of what stands before it; lines that were torn or damaged are not believed.
public final class ObservationJournal: Sendable {
  /// The file.
  public let path: String
  private let state: Mutex<State>

  private struct State {
    var scores: [ContentDigest: ContinuationScore] = [:]
    var generations: [ContentDigest: GeneratedTokens] = [:]
    /// Why nothing more is written, once writing has failed.
    var failure: String?
  }

  /// The longest file that is read; a line takes about a hundred bytes.
  private static let largestFile = 4 << 30

  /// Opens the journal of a model in a folder, which is made if need be.
  ///
  /// - Parameter fingerprint: stands for all that the model's answers depend on: weights, configuration, vocabulary,
  ///   precision; see ``ModelFingerprint``.
  public init(folder: String, fingerprint: ModelFingerprint) throws(JournalError) {
    var path = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      path += path.isEmpty && part.isEmpty ? "/" : (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
      guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw JournalError(path: path, reason: String(cString: strerror(errno)))
      }
    }
    self.path = "\(folder)/\(fingerprint.text).jsonl"
    state = Mutex(State())
    let descriptor = open(self.path, O_RDWR | O_CREAT | O_APPEND, 0o644)
    guard descriptor >= 0 else { throw JournalError(path: self.path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    guard size <= Self.largestFile else {
      throw JournalError(path: self.path, reason: "\(size) bytes are more than a journal may have; delete it")
    }
    var bytes = [UInt8](repeating: 0, count: max(0, size))
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == bytes.count else { throw JournalError(path: self.path, reason: "the file cannot be read") }
    state.withLock { state in
      for line in bytes.split(separator: 0x0A) { Self.take(line, into: &state) }
    }
    // What a killed run left of a line must not spoil the next one.
    if let last = bytes.last, last != 0x0A { append("\n") }
  }

  /// How many observations there are.
  public var count: Int { state.withLock { $0.scores.count + $0.generations.count } }

  /// Why observations are no longer kept, if writing failed.
  public var failure: String? { state.withLock { $0.failure } }

  func score(_ key: ContentDigest) -> ContinuationScore? { state.withLock { $0.scores[key] } }

  func generation(_ key: ContentDigest) -> GeneratedTokens? { state.withLock { $0.generations[key] } }

  /// Keeps scores.
  func keep(_ scores: [(key: ContentDigest, score: ContinuationScore)]) {
    let fresh = state.withLock { state in
      scores.filter { state.scores.updateValue($0.score, forKey: $0.key) == nil }
    }
    append(
      fresh.map { key, score in
        Self.line([
          ("key", .string(key.text)), ("log_likelihood", .number(score.logLikelihood)),
          ("greedy", .bool(score.isGreedy)),
        ])
      }.joined())
  }

  /// Keeps a generation.
  func keep(_ key: ContentDigest, _ generation: GeneratedTokens) {
    let isFresh = state.withLock { $0.generations.updateValue(generation, forKey: key) == nil }
    guard isFresh else { return }
    append(
      Self.line([
        ("key", .string(key.text)), ("tokens", .array(generation.tokens.map { .integer($0) })),
        ("ended", .bool(generation.ended)),
      ]))
  }

  // MARK: Lines

  private static let checkKey = ", \"check\": \""
  private static let checkLength = 8

  /// `{…, "check": "…"}` and a line end; the check is made of the bytes before its key.
  private static func line(_ members: [(key: String, value: JSONValue)]) -> String {
    let body = String(JSONValue.object(members).line.dropLast())
    return body + checkKey + ContentDigest(of: body).text.prefix(checkLength) + "\"}\n"
  }

  private static func take(_ line: ArraySlice<UInt8>, into state: inout State) {
    let tail = checkKey.utf8.count + checkLength + 2
    guard line.count > tail else { return }
    let body = String(decoding: line.dropLast(tail), as: UTF8.self)
    let check = String(decoding: line.suffix(tail), as: UTF8.self)
    guard check == checkKey + ContentDigest(of: body).text.prefix(checkLength) + "\"}",
      let node = try? JSONParser.parse(Array(line)), let key = node["key"]?.string.flatMap(ContentDigest.init(text:))
    else { return }
    if let value = node["log_likelihood"]?.double, let greedy = node["greedy"]?.bool {
      state.scores[key] = ContinuationScore(logLikelihood: value, isGreedy: greedy)
    } else if let tokens = node["tokens"]?.array, let ended = node["ended"]?.bool {
      state.generations[key] = GeneratedTokens(tokens: tokens.compactMap(\.int), ended: ended)
    }
  }

  private func append(_ text: String) {
    guard !text.isEmpty else { return }
    state.withLock { state in
      guard state.failure == nil else { return }
      let descriptor = open(path, O_WRONLY | O_APPEND)
      defer { if descriptor >= 0 { close(descriptor) } }
      let bytes = Array(text.utf8)
      guard descriptor >= 0, bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
      else {
        // The run goes on: what cannot be kept is only computed again.
        state.failure = "\(path): \(String(cString: strerror(errno)))"
        return
      }
    }
  }
}

/// A journal that cannot be used.
public struct JournalError: Error, Equatable, CustomStringConvertible {
  /// The file or folder.
  public var path: String
  /// What is wrong with it.
  public var reason: String

  /// The error as one line.
  public var description: String { "\(path): observations cannot be kept here: \(reason)" }
}
