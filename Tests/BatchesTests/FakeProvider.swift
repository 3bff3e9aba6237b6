import Batches
import LanguageModels
import Synchronization

/// One token for each byte.
struct ByteTokenizer: TextTokenizer {
  func encode(_ text: String, addingSpecialTokens: Bool) throws -> [Int] { text.utf8.map(Int.init) }
  func decode(_ tokens: [Int], skippingSpecialTokens: Bool) -> String {
    String(decoding: tokens.map { UInt8($0) }, as: UTF8.self)
  }
}

/// A model that answers every generation with its own answer, and finds that text likely.
struct ParrotModel: TextModel {
  var answer: String
  var tokenizer: any TextTokenizer { ByteTokenizer() }
  var maximumLength: Int { 64 }
  var prefixToken: Int? { 0 }
  var endTokens: Set<Int> { [0] }

  func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    let liked = Array(answer.utf8).map(Int.init)
    return requests.enumerated().map { number, request in
      let scores = request.continuations.map { tokens in
        let value = answer == "NaN" ? Double.nan : tokens.reduce(0) { $0 - (liked.contains($1) ? 0.5 : 2) }
        return ContinuationScore(logLikelihood: value, isGreedy: false)
      }
      finished(number, scores)
      return scores
    }
  }

  func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    requests.indices.map { number in
      let generated = GeneratedTokens(tokens: answer.utf8.map(Int.init), ended: true)
      finished(number, generated)
      return generated
    }
  }
}

/// Models that are text files with the answer in them; "merging" copies the file, and a missing file is an error.
final class FakeProvider: ModelProvider {
  struct Missing: Error, CustomStringConvertible {
    var path: String
    var description: String { "\(path):1:1: error: nothing to merge\n  here" }
  }

  let log = Mutex<[String]>([])
  let read: @Sendable (String) -> String?
  let write: @Sendable (String, String) -> Void

  init(read: @escaping @Sendable (String) -> String?, write: @escaping @Sendable (String, String) -> Void) {
    self.read = read
    self.write = write
  }

  private func answer(_ argument: String) throws -> String {
    guard let answer = read(argument) ?? read(argument + "/answer") else { throw Missing(path: argument) }
    return answer
  }

  func inputs(of argument: String) throws -> ModelInputs {
    let answer = try answer(argument)
    return ModelInputs(lines: ["answer \(answer)"], remarks: answer == "odd" ? "an odd model" : nil)
  }

  func merge(_ spec: String, into folder: String, progress: @escaping @Sendable (Int, Int) -> Void) throws {
    log.withLock { $0.append("merge \(spec.split(separator: "/").last ?? "")") }
    progress(1, 1)
    write(folder + "/answer", try answer(spec))
  }

  func load(_ argument: String) throws -> LoadedModel {
    log.withLock { $0.append("load \(argument.split(separator: "/").suffix(2).joined(separator: "/"))") }
    return LoadedModel(model: ParrotModel(answer: try answer(argument)))
  }

  /// What happened since the last look.
  func happenings() -> [String] {
    log.withLock { entries in
      defer { entries = [] }
      return entries
    }
  }
}
