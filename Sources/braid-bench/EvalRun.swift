import ArgumentParser
import Checkpoints
import Dispatch
import Documents
import Foundation
import Kernels
import LanguageModels

/// Times one model in one process, so that its peak memory is that of the evaluation alone.
struct EvalRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval-run", abstract: "Time one model and print the seconds as JSON.", shouldDisplay: false)

  @Option(help: "The model's folder.") var model: String
  @Option(help: "float32 or bfloat16.") var precision: String
  @Option(help: "How many threads compute.") var threads: Int
  @Option(help: "How many runs of each; the first one is not counted.") var runs: Int

  func run() throws {
    guard let precision = Precision(rawValue: precision) else { throw BenchError("no such precision: \(precision)") }
    let folder = try ModelFolder.open(model)
    let clock = ContinuousClock()
    let start = clock.now
    let model = try LanguageModel(
      name: "random", weights: folder.checkpoint, configuration: try file("config.json", in: folder),
      tokenizer: try file("tokenizer.json", in: folder), precision: precision, threads: threads)
    let loading = clock.now - start
    _ = try model.generate([GenerationRequest(prompt: [1, 5, 6, 7], maximumNewTokens: 1)]) { _ in }
    var figures: [(key: String, value: JSONValue)] = [
      ("load", .number(loading / .seconds(1))), ("first token", .number((clock.now - start) / .seconds(1))),
    ]
    let workload = EvalWorkload()
    var seconds: [String: [Double]] = [:]
    var peaks: [Double] = []
    // Everything takes turns, so that all see the same machine.
    for run in 0...runs {
      let peak = try OneDNNPeak.measure(precision == .bfloat16 ? .bfloat16 : .float32, threads: threads)
      if run > 0 { peaks.append(peak) }
      for set in workload.scoring {
        let start = clock.now
        _ = try model.score(set.requests) { _ in }
        if run > 0 { seconds[set.name, default: []].append((clock.now - start) / .seconds(1)) }
      }
      for set in workload.decoding {
        let start = clock.now
        let made = try model.generate(set.requests) { _ in }.reduce(0) { $0 + $1.tokens.count }
        // A random model may end a text before its time.
        let share = Double(max(1, made)) / Double(set.requests.reduce(0) { $0 + $1.maximumNewTokens })
        if run > 0 { seconds[set.name, default: []].append((clock.now - start) / .seconds(1) / share) }
      }
    }
    figures.append(("peak", .number(Figures.median(peaks))))
    for name in workload.scoring.map(\.name) + workload.decoding.map(\.name) {
      figures.append((name, .number(Figures.median(seconds[name] ?? []))))
    }
    print(JSONValue.object(figures).line)
  }

  private func file(_ name: String, in folder: ModelFolder) throws -> [UInt8] {
    guard let bytes = try folder.file(named: name) else { throw BenchError("there is no \(name) in \(folder.path)") }
    return bytes
  }
}

/// The fastest products that oneDNN forms here.
enum OneDNNPeak {
  /// The most floating-point operations per second that square products of 1024 reach on all threads.
  static func measure(_ element: MatrixElement, threads: Int) throws -> Double {
    let size = 1024
    let product = try MatrixProduct(MatrixProductShape(rows: size, columns: size, depth: size, element: element))
    let lanes = (0..<threads).map { _ in Lane(size: size, element: element, scratch: product.scratchByteCount) }
    let rounds = 20
    var best = 0.0
    for _ in 0..<5 {
      let start = ContinuousClock.now
      DispatchQueue.concurrentPerform(iterations: threads) { lane in
        for _ in 0..<rounds {
          try? product.run(
            input: lanes[lane].input.address, weights: lanes[lane].weights.address, output: lanes[lane].output.floats,
            scratch: lanes[lane].scratch.address)
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
    let input, weights, output, scratch: AlignedMemory

    init(size: Int, element: MatrixElement, scratch count: Int) {
      input = AlignedMemory(byteCount: size * size * element.byteCount)
      weights = AlignedMemory(byteCount: size * size * element.byteCount)
      output = AlignedMemory(byteCount: size * size * 4)
      scratch = AlignedMemory(byteCount: count)
      for memory in [input, weights, output] { memset(memory.address, 0, memory.bytes.count) }
    }
  }
}
