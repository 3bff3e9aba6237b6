import ArgumentParser
import Documents
import Foundation

/// Times merges of a family of about 2 GB per model against the floor and, if it is installed, against mergekit.
struct MergeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Time merges of a random 1.1B family against the floor.")

  @Option(help: "Where the random models live; made if missing, about 6.6 GB, or 1.9 GB if small.") var data =
    "bench-data"
  @Flag(help: "300 million parameters instead of 1.1 billion, for a quick look.") var small = false
  @Option(help: "The braid to measure.") var braid = ".build/release/braid"
  @Option(help: "The memory budget given to braid.") var memory = "256MB"
  @Option(help: "How many runs of each; medians are printed.") var runs = 3
  @Option(parsing: .upToNextOption, help: "Which merges to time.") var only: [String] = []
  @Flag(help: "Leave mergekit out even if it is installed.") var withoutMergekit = false

  private static let models = ["base", "tuned-a", "tuned-b"]

  /// The merges, by name: what stands in their specs.
  private static let specs: [(name: String, text: String)] = {
    let soup = weighted("0.3", of: models)
    let pair = weighted("0.6")
    let dense = weighted("0.6, density: 0.5")
    return [
      ("linear", body("linear", soup)),
      ("slerp", body("slerp", ["base", "tuned-a"], base: true, parameters: "t: 0.4")),
      ("nuslerp", body("nuslerp", pair)),
      ("nuslerp_rows", body("nuslerp", pair, base: true, parameters: "nuslerp_flatten: false")),
      ("multislerp", body("multislerp", soup)),
      ("karcher", body("karcher", models)),
      ("model_stock", body("model_stock", tuned, base: true)),
      ("nearswap", body("nearswap", ["tuned-a"], base: true, parameters: "t: 0.001")),
      ("arcee_fusion", body("arcee_fusion", ["tuned-a"], base: true)),
      ("passthrough", body("passthrough", ["tuned-a|scale: 0.5"])),
      ("task_arithmetic", body("task_arithmetic", pair, base: true)),
      ("ties", body("ties", dense, base: true)),
      ("ties_paper", body("ties", dense, base: true, parameters: "dialect: paper")),
      ("dare_linear", body("dare_linear", dense, base: true)),
      ("dare_ties", body("dare_ties", dense, base: true)),
      ("della", body("della", dense, base: true)),
      ("della_linear", body("della_linear", dense, base: true)),
      ("breadcrumbs", body("breadcrumbs", dense, base: true)),
      ("breadcrumbs_ties", body("breadcrumbs_ties", dense, base: true)),
      ("sce", body("sce", tuned, base: true, parameters: "select_topk: 0.1")),
      ("ram", body("ram", tuned, base: true)),
      ("ramplus_tl", body("ramplus_tl", tuned, base: true)),
      ("consensus_ta", body("consensus_ta", tuned, base: true, parameters: "k: 1")),
      ("emr", body("emr", tuned, base: true)),
    ]
  }()

  private static let tuned = ["tuned-a", "tuned-b"]

  private static func weighted(_ weight: String, of models: [String] = tuned) -> [String] {
    models.map { "\($0)|weight: \(weight)" }
  }

  private static func body(_ method: String, _ models: [String], base: Bool = false, parameters: String = "") -> String
  {
    var text = "merge_method: \(method)\ndtype: bfloat16\n"
    if base { text += "base_model: ../base\n" }
    if !parameters.isEmpty { text += "parameters: {\(parameters)}\n" }
    text += "models:\n"
    for model in models {
      let parts = model.split(separator: "|")
      text += "- model: ../\(parts[0])\n"
      if parts.count > 1 { text += "  parameters: {\(parts[1])}\n" }
    }
    return text
  }

  func run() throws {
    for (variant, name) in Self.models.enumerated() where !FileManager.default.fileExists(atPath: "\(data)/\(name)") {
      Figures.note("making \(data)/\(name)")
      try MakeFamily.make(small ? .threeHundredMillion : .billion, variant: variant, at: "\(data)/\(name)")
    }
    try FileManager.default.createDirectory(atPath: "\(data)/specs", withIntermediateDirectories: true)
    let mergekit = withoutMergekit ? nil : Self.installed("mergekit-yaml")
    if mergekit == nil { Figures.note("mergekit is not on the PATH: no comparison with it") }
    print("| merge | floor s | braid s | braid / floor | peak memory | mergekit s | mergekit / braid |")
    print("|---|---|---|---|---|---|---|")
    for (name, text) in Self.specs where only.isEmpty || only.contains(name) {
      let spec = "\(data)/specs/\(name).yml"
      // Absolute, because mergekit looks for models from the working directory, not from the spec's folder.
      let folder = URL(fileURLWithPath: data).standardizedFileURL.path
      try text.replacingOccurrences(of: "../", with: folder + "/").write(
        toFile: spec, atomically: true, encoding: .utf8)
      try measure(name, spec: spec, inputs: Self.models.filter { text.contains("../\($0)\n") }, mergekit: mergekit)
    }
  }

  private func measure(_ name: String, spec: String, inputs: [String], mergekit: String?) throws {
    let files = try inputs.flatMap { model in
      try FileManager.default.contentsOfDirectory(atPath: "\(data)/\(model)").filter { $0.hasSuffix(".safetensors") }
        .sorted().map { "\(data)/\(model)/\($0)" }
    }
    let bytes = try FileManager.default.contentsOfDirectory(atPath: "\(data)/base").filter {
      $0.hasSuffix(".safetensors")
    }
    .reduce(0) { try $0 + (FileManager.default.attributesOfItem(atPath: "\(data)/base/\($1)")[.size] as? Int ?? 0) }
    let output = "\(data)/out"
    let own = CommandLine.arguments[0]
    var floors: [Double] = []
    var merges: [MeasuredProcess] = []
    // One uncounted round each fills the page cache; then floor and merge take turns, so that both see the same machine.
    for run in 0...runs {
      try? FileManager.default.removeItem(atPath: output)
      let floor = try MeasuredProcess.run(
        [own, "floor", "--inputs"] + files + ["--output", "\(output).bin", "--bytes", "\(bytes)"])
      try FileManager.default.removeItem(atPath: "\(output).bin")
      let merge = try MeasuredProcess.run([braid, "merge", spec, "-o", output, "--memory", memory, "--quiet"])
      if run > 0 {
        floors.append(floor.wallSeconds)
        merges.append(merge)
      }
    }
    try? FileManager.default.removeItem(atPath: output)
    let ratios = zip(merges, floors).map { $0.wallSeconds / $1 }
    let wall = Figures.median(merges.map(\.wallSeconds))
    var row = [name, Figures.text(Figures.median(floors)), Figures.text(wall), Figures.text(Figures.median(ratios))]
    row.append(ByteCount.text(merges.map(\.peakMemory).max() ?? 0))
    if let mergekit {
      // Once: it takes minutes where floor and merge take seconds. The random models have no tokenizer to copy.
      do {
        let peer = try MeasuredProcess.run(
          [mergekit, spec, output, "--quiet", "--no-copy-tokenizer"], environment: ["HF_HUB_OFFLINE": "1"])
        row += [
          Figures.text(peer.wallSeconds) + " (" + ByteCount.text(peer.peakMemory) + ")",
          Figures.text(peer.wallSeconds / wall),
        ]
      } catch {
        Figures.note("\(error)")
        row += ["failed", "–"]
      }
      try? FileManager.default.removeItem(atPath: output)
    } else {
      row += ["–", "–"]
    }
    print("| " + row.joined(separator: " | ") + " |")
    fflush(nil)
  }

  private static func installed(_ program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
