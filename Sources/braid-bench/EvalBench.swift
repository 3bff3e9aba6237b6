import ArgumentParser
import Dispatch
import Documents
import Foundation
import Kernels
import LanguageModels
import Tensors

/// Times scoring with a random Llama of 100 million parameters against the fastest products that oneDNN forms here.
struct EvalBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Time scoring with a random 100M Llama against oneDNN's peak.")

  @Option(help: "Any tokenizer.json; the random model has none of its own.")
  var tokenizer = "Fixtures/families/a/base/tokenizer.json"
  @Option(help: "How many threads compute.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "How many runs of each; medians are printed.") var runs = 3

  /// Texts of 512 tokens, every token scored.
  private static let texts = (count: 16, length: 512)
  /// Multiple choice: contexts of 256 tokens with four choices of four tokens.
  private static let questions = (count: 32, context: 256, choices: 4, length: 4)

  func run() throws {
    let words = Array(try Data(contentsOf: URL(fileURLWithPath: tokenizer)))
    let weights = RandomLlama(.hundredMillion)
    // Products per token: every matrix but the embedding, which is only looked up.
    let parameters = weights.index.elementCount - weights.size.vocabulary * weights.size.hidden
    print("| precision | oneDNN peak GFLOP/s | texts tokens/s | share of peak | choices tokens/s | load s |")
    print("|---|---|---|---|---|---|")
    for precision in Precision.allCases {
      guard precision.isFast else {
        print("| \(precision.rawValue) | not on this CPU | | | | |")
        continue
      }
      let start = ContinuousClock.now
      let model = try LanguageModel(
        name: "random", weights: weights, configuration: Array(weights.configuration.utf8), tokenizer: words,
        precision: precision, threads: threads)
      let loading = (ContinuousClock.now - start) / .seconds(1)
      var peaks: [Double] = []
      var texts: [Double] = []
      var choices: [Double] = []
      // Peak and model take turns, so that both see the same machine; the first round is not counted.
      for run in 0...runs {
        let peak = try peak(precision == .bfloat16 ? .bfloat16 : .float32)
        let textRate = try rate(model, Self.textRequests)
        let choiceRate = try rate(model, Self.questionRequests)
        if run > 0 {
          peaks.append(peak)
          texts.append(textRate)
          choices.append(choiceRate)
        }
      }
      let share = Figures.median(zip(texts, peaks).map { $0 * 2 * Double(parameters) / $1 })
      let row = [
        precision.rawValue, Decimal.text(Figures.median(peaks) / 1e9, decimals: 0),
        Decimal.text(Figures.median(texts), decimals: 0),
        Decimal.text(share * 100, decimals: 0) + " %", Decimal.text(Figures.median(choices), decimals: 0),
        Decimal.text(loading, decimals: 2),
      ]
      print("| " + row.joined(separator: " | ") + " |")
      fflush(nil)
    }
  }

  private static var textRequests: [ScoringRequest] {
    (0..<texts.count).map { text in
      let tokens = (0..<texts.length).map { ($0 * 7919 + text * 104_729) % 15_000 + 3 }
      return ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())])
    }
  }

  private static var questionRequests: [ScoringRequest] {
    (0..<questions.count).map { question in
      ScoringRequest(
        context: (0..<questions.context).map { ($0 * 6151 + question * 15_485_863) % 15_000 + 3 },
        continuations: (0..<questions.choices).map { choice in
          (0..<questions.length).map { ($0 * 31 + choice * 97 + question) % 15_000 + 3 }
        })
    }
  }

  /// Tokens of contexts and continuations scored per second.
  private func rate(_ model: LanguageModel, _ requests: [ScoringRequest]) throws -> Double {
    let tokens = requests.reduce(0) { $0 + $1.continuations.reduce(0) { $0 + $1.count } + $1.context.count }
    let start = ContinuousClock.now
    _ = try model.score(requests) { _ in }
    return Double(tokens) / ((ContinuousClock.now - start) / .seconds(1))
  }

  /// The most floating-point operations per second that square products of 1024 reach on all threads.
  private func peak(_ element: MatrixElement) throws -> Double {
    let size = 1024
    let product = try MatrixProduct(MatrixProductShape(rows: size, columns: size, depth: size, element: element))
    let lanes = (0..<threads).map { _ in Lane(size: size, element: element) }
    let rounds = 20
    var best = 0.0
    for _ in 0..<5 {
      let start = ContinuousClock.now
      DispatchQueue.concurrentPerform(iterations: threads) { lane in
        for _ in 0..<rounds {
          try? product.run(
            input: lanes[lane].input.address, weights: lanes[lane].weights.address, output: lanes[lane].output.floats,
            scratch: lanes[lane].scratch)
        }
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      best = max(best, 2 * Double(size * size * size * rounds * threads) / seconds)
    }
    return best
  }

  /// One thread's matrices.
  private final class Lane: @unchecked Sendable {
    // Used by one thread at a time.
    let input, weights, output: AlignedMemory
    let scratch = ScratchMemory()

    init(size: Int, element: MatrixElement) {
      input = AlignedMemory(byteCount: size * size * element.byteCount)
      weights = AlignedMemory(byteCount: size * size * element.byteCount)
      output = AlignedMemory(byteCount: size * size * 4)
      for memory in [input, weights, output] {
        memset(memory.address, 0, memory.bytes.count)
      }
    }
  }
}
