import ArgumentParser
import Documents
import Foundation

/// Times merges of a family of about 2 GB per model against the floor and, if it is installed, against mergekit.
struct MergeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Time merges of a random 1.1B family against the floor.")

  @Option(help: "Where the random models live; made if missing, about 6.6 GB, or 1.9 GB if small.")
  var data = "bench-data"
  @Flag(help: "300 million parameters instead of 1.1 billion, for a quick look.") var small = false
  @Option(help: "The braid to measure.") var braid = ".build/release/braid"
  @Option(help: "The memory budget given to braid.") var memory = "256MB"
  @Option(help: "How many runs of each; medians are printed.") var runs = 3
  @Option(parsing: .upToNextOption, help: "Which merges to time.") var only: [String] = []
  @Flag(help: "Leave mergekit out even if it is installed.") var withoutMergekit = false

  private var size: RandomLlama.Size { small ? .threeHundredMillion : .billion }

  func run() throws {
    try FileManager.default.createDirectory(atPath: "\(data)/specs", withIntermediateDirectories: true)
    let isPeerThere = !withoutMergekit && Self.installed("mergekit-yaml") != nil
    if !isPeerThere { Figures.note("mergekit is not on the PATH: no comparison with it") }
    print("| merge | floor s | braid s | braid / floor | peak memory | mergekit s | mergekit / braid |")
    print("|---|---|---|---|---|---|---|")
    for spec in MergeBenchSpec.all where only.isEmpty || only.contains(spec.name) {
      try (MergeBenchSpec.models + spec.inputs).forEach(make)
      let file = "\(data)/specs/\(spec.name).yml"
      // Absolute, because mergekit looks for models from the working directory, not from the spec's folder.
      let folder = URL(fileURLWithPath: data).standardizedFileURL.path
      try spec.text.replacingOccurrences(of: "../", with: folder + "/").write(
        toFile: file, atomically: true, encoding: .utf8)
      try measure(spec, file: file, isPeerThere: isPeerThere)
    }
  }

  /// Makes one of the folders that specs name, unless it is there.
  private func make(_ name: String) throws {
    let path = "\(data)/\(name)"
    guard !FileManager.default.fileExists(atPath: path) else { return }
    Figures.note("making \(path)")
    switch name {
    case "adapter": try RandomAdapter.write(size, at: path)
    case "words-a", "words-b":
      // The weights of a model of the family, beside a tokenizer.
      let model = name == "words-a" ? "tuned-a" : "tuned-b"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for file in try FileManager.default.contentsOfDirectory(atPath: "\(data)/\(model)") where file != "README.md" {
        try FileManager.default.createSymbolicLink(
          atPath: "\(path)/\(file)", withDestinationPath: "../\(model)/\(file)")
      }
      try RandomTokenizer.write(
        tokens: size.vocabulary, shared: size.vocabulary / 4 * 3, variant: name == "words-a" ? 0 : 1, into: path)
    default: try MakeFamily.make(size, variant: MergeBenchSpec.models.firstIndex(of: name) ?? 0, at: path)
    }
  }

  /// The weight files of a folder.
  private func weights(of folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".safetensors") }.sorted().map {
      "\(folder)/\($0)"
    }
  }

  private func byteCount(of files: [String]) throws -> Int {
    try files.reduce(0) { sum, file in
      let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
      return try sum + (FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
    }
  }

  private func measure(_ spec: MergeBenchSpec, file: String, isPeerThere: Bool) throws {
    let files = try spec.inputs.flatMap { try weights(of: "\(data)/\($0)") }
    let output = "\(data)/out"
    let own = CommandLine.arguments[0]
    var floors: [Double] = []
    var merges: [MeasuredProcess] = []
    // One uncounted round each fills the page cache; then floor and merge take turns, so that both see the same machine.
    for run in 0...runs {
      try? FileManager.default.removeItem(atPath: output)
      let merge = try MeasuredProcess.run([braid, "merge", file, "-o", output, "--memory", memory, "--quiet"])
      let floor = try MeasuredProcess.run(
        [own, "floor", "--inputs"] + files
          + ["--output", "\(output).bin", "--bytes", "\(try byteCount(of: weights(of: output)))"])
      try FileManager.default.removeItem(atPath: "\(output).bin")
      if run > 0 {
        floors.append(floor.wallSeconds)
        merges.append(merge)
      }
    }
    let written = try byteCount(of: weights(of: output))
    try? FileManager.default.removeItem(atPath: output)
    let ratios = zip(merges, floors).map { $0.wallSeconds / $1 }
    let wall = Figures.median(merges.map(\.wallSeconds))
    var row = [spec.name, Figures.text(Figures.median(floors)), Figures.text(wall)]
    row += [Figures.text(Figures.median(ratios)), ByteCount.text(merges.map(\.peakMemory).max() ?? 0)]
    row += isPeerThere ? peer(of: spec, file: file, wall: wall, written: written) : ["–", "–"]
    print("| " + row.joined(separator: " | ") + " |")
    fflush(nil)
  }

  /// What mergekit takes for the same spec: once, because it takes minutes where floor and merge take seconds.
  private func peer(of spec: MergeBenchSpec, file: String, wall: Double, written: Int) -> [String] {
    guard let peer = spec.peer else { return ["–", "–"] }
    let output = "\(data)/out"
    defer {
      for folder in [output, "\(output)-adapters"] { try? FileManager.default.removeItem(atPath: folder) }
    }
    do {
      let options = peer[1...].map { $0.replacingOccurrences(of: "OUTPUT", with: output) }
      let run = try MeasuredProcess.run(
        [peer[0], file, output, "--quiet"] + options, environment: ["HF_HUB_OFFLINE": "1"], hidesErrors: true)
      let bytes = try byteCount(of: weights(of: output))
      // Headers and the order of tensors differ; anything more would be other work.
      if abs(bytes - written) > written / 100 {
        Figures.note("\(spec.name): mergekit writes \(ByteCount.text(bytes)), not \(ByteCount.text(written))")
      }
      return [
        Figures.text(run.wallSeconds) + " (" + ByteCount.text(run.peakMemory) + ")",
        Figures.text(run.wallSeconds / wall),
      ]
    } catch {
      Figures.note("\(error)")
      return ["failed", "–"]
    }
  }

  private static func installed(_ program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
