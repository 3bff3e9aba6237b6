import Documents
import Foundation
import LanguageModels

/// Another program that scores or continues the same tokens, through its Python bindings.
struct EvalPeer {
  enum Kind: CaseIterable {
    case lmEval
    case llamaCpp

    var title: String {
      switch self {
      case .lmEval: "lm_eval"
      case .llamaCpp: "llama.cpp"
      }
    }

    /// The Python module without which it is not there.
    var module: String {
      switch self {
      case .lmEval: "lm_eval"
      case .llamaCpp: "llama_cpp"
      }
    }

    /// The program that times it, beside this file.
    var script: String {
      let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      switch self {
      case .lmEval: return folder + "/Peers/time_lm_eval.py"
      case .llamaCpp: return folder + "/Peers/time_llama_cpp.py"
      }
    }
  }

  var kind: Kind
  var python: String

  /// The peers that this machine has.
  static func installed(lmEval: String?, llamaCpp: String?) -> [EvalPeer] {
    [(Kind.lmEval, lmEval), (.llamaCpp, llamaCpp)].compactMap { kind, python in
      let python = python ?? "python3"
      let probe = "import importlib.util as u, sys; sys.exit(u.find_spec('\(kind.module)') is None)"
      guard (try? MeasuredProcess.run([python, "-c", probe])) != nil else { return nil }
      return EvalPeer(kind: kind, python: python)
    }
  }

  /// The seconds that each set takes, where the peer can do it.
  func seconds(
    _ workload: EvalWorkload, model: String, precision: Precision, threads: Int
  ) throws -> [String: Double] {
    let requests = model + "/requests.json"
    try Data(workload.json.line.utf8).write(to: URL(fileURLWithPath: requests))
    var source = model
    if kind == .llamaCpp {
      let folder = "\(model)-\(precision.rawValue)-gguf"
      if !FileManager.default.fileExists(atPath: folder) {
        _ = try MeasuredProcess.run(
          [
            ".build/release/braid", "convert", model, folder, "--format", "gguf", "--dtype", precision.rawValue,
            "--quiet",
          ])
      }
      let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".gguf") }
      guard let file = files.sorted().first else { throw BenchError("there is no GGUF file in \(folder)") }
      source = "\(folder)/\(file)"
    }
    let output = try MeasuredProcess.run(
      [python, kind.script, source, requests, precision.rawValue, "\(threads)"],
      environment: [
        "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "\(threads)",
        "TRANSFORMERS_VERBOSITY": "error",
      ]
    ).output
    guard let line = output.split(separator: "\n").last else { throw BenchError("no figures") }
    var seconds: [String: Double] = [:]
    for member in try JSONParser.parse(String(line)).object ?? [] { seconds[member.key] = member.node.double }
    return seconds
  }
}
