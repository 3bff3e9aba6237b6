import ArgumentParser
import Documents
import Foundation
import LanguageModels
import Tensors

/// Times scoring and decoding of random Llamas against oneDNN's peak and, where they are installed, against the hf
/// backend of lm-evaluation-harness and against llama.cpp, on the same tokens.
struct EvalBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Time scoring and decoding of random 100M and 1.1B Llamas.")

  @Option(help: "Where the random models live; made if missing, about 2.4 GB.") var data = "bench-data"
  @Option(help: "Any tokenizer.json; the random models have none of their own.")
  var tokenizer = "Fixtures/families/a/base/tokenizer.json"
  @Option(help: "How many threads compute.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "How many runs of each; medians are printed.") var runs = 3
  @Flag(help: "Only the model of 100 million parameters.") var small = false
  @Option(parsing: .upToNextOption, help: "Only these precisions.") var precision: [String] = []
  @Option(help: "A Python that has lm_eval; python3 if it has.") var lmEval: String?
  @Option(help: "A Python that has llama_cpp; python3 if it has.") var llamaCpp: String?
  @Flag(help: "Leave lm-evaluation-harness and llama.cpp out even if they are installed.") var withoutPeers = false

  func run() throws {
    let peers = withoutPeers ? [] : EvalPeer.installed(lmEval: lmEval, llamaCpp: llamaCpp)
    for peer in EvalPeer.Kind.allCases where !withoutPeers && !peers.contains(where: { $0.kind == peer }) {
      Figures.note("\(peer.title) was not found: no comparison with it")
    }
    let models = [("llama-100m", RandomLlama.Size.hundredMillion), ("llama-1.1b", .billion)]
    for (name, size) in models.prefix(small ? 1 : 2) {
      let folder = "\(data)/\(name)"
      try make(size, at: folder)
      for precision in Precision.allCases
      where self.precision.isEmpty || self.precision.contains(precision.rawValue) {
        guard precision.isFast else {
          Figures.note("\(precision.rawValue): this CPU has no instructions for it")
          continue
        }
        try measure(name, folder, size, precision, peers: peers)
      }
    }
  }

  private func make(_ size: RandomLlama.Size, at folder: String) throws {
    if !FileManager.default.fileExists(atPath: folder + "/model.safetensors.index.json"),
      !FileManager.default.fileExists(atPath: folder + "/model.safetensors")
    {
      Figures.note("making \(folder)")
      try MakeFamily.make(size, variant: 0, at: folder)
    }
    try? FileManager.default.removeItem(atPath: folder + "/tokenizer.json")
    try FileManager.default.copyItem(atPath: tokenizer, toPath: folder + "/tokenizer.json")
  }

  private func measure(
    _ name: String, _ folder: String, _ size: RandomLlama.Size, _ precision: Precision, peers: [EvalPeer]
  ) throws {
    let ours = try MeasuredProcess.run(
      [
        CommandLine.arguments[0], "eval-run", "--model", folder, "--precision", precision.rawValue, "--threads",
        "\(threads)", "--runs", "\(runs)",
      ])
    let figures = try JSONParser.parse(ours.output)
    let workload = EvalWorkload()
    var theirs: [(peer: EvalPeer, seconds: [String: Double])] = []
    for peer in peers {
      do {
        theirs.append((peer, try peer.seconds(workload, model: folder, precision: precision, threads: threads)))
      } catch {
        Figures.note("\(peer.kind.title): \(error)")
      }
    }
    let weights = RandomLlama(size).index
    let parameters = weights.elementCount - size.vocabulary * size.hidden
    let peak = figures["peak"]?.double ?? .nan
    print(
      "\n\(name), \(precision.rawValue), \(threads) threads: oneDNN's peak \(Int(peak / 1e9)) GFLOP/s; ", terminator: ""
    )
    print(
      "first token after \(Figures.text(figures["first token"]?.double ?? .nan)) s; peak memory "
        + "\(ByteCount.text(ours.peakMemory)), weights \(ByteCount.text(weights.elementCount * precision.byteCount))\n")
    print("| | tokens/s | share of peak |" + theirs.map { " \($0.peer.kind.title) tokens/s | braid / it |" }.joined())
    print("|---|---|---|" + theirs.map { _ in "---|---|" }.joined())
    func row(_ name: String, tokens: Int, share: Bool, without other: String? = nil) {
      func seconds(_ known: (String) -> Double?) -> Double? {
        guard let other else { return known(name) }
        guard let whole = known(name), let part = known(other), whole > part else { return nil }
        return whole - part
      }
      let ours = seconds { figures[$0]?.double } ?? .nan
      var cells = [other == nil ? name : "\(name), next tokens", rate(tokens, ours)]
      cells.append(share ? Decimal.text(200 * Double(parameters * tokens) / ours / peak, decimals: 0) + " %" : "")
      for (_, figures) in theirs {
        let their = seconds { figures[$0] }
        cells.append(their.map { rate(tokens, $0) } ?? "")
        cells.append(their.map { Figures.text($0 / ours) } ?? "")
      }
      print("| " + cells.joined(separator: " | ") + " |")
    }
    for set in workload.scoring { row(set.name, tokens: set.tokens, share: set.name == "pp512" || set.name == "texts") }
    for set in workload.decoding where set.name != EvalWorkload.firstTokens {
      row(set.name, tokens: set.newTokens, share: false)
    }
    if let whole = workload.decoding.dropLast().last, let part = workload.decoding.last {
      row(whole.name, tokens: whole.newTokens - part.newTokens, share: false, without: part.name)
    }
    fflush(nil)
  }

  private func rate(_ tokens: Int, _ seconds: Double) -> String {
    Decimal.text(Double(tokens) / seconds, decimals: Double(tokens) / seconds < 100 ? 1 : 0)
  }
}

extension Precision {
  /// The bytes of one weight.
  var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    }
  }
}
