import ArgumentParser
import Documents
import Foundation

/// Scores one model out of every format, and merges in memory and by way of the disk, each in a process of its own.
struct SourceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources",
    abstract: "Time scoring a random Llama out of each format, and merges of three with and without the disk.")

  @Option(help: "Where the random models live; made if missing, about 7 GB.") var data = "bench-data"
  @Option(help: "The braid to measure.") var braid = ".build/release/braid"
  @Option(help: "Any tokenizer.json; the random models have none of their own.")
  var tokenizer = "Fixtures/families/a/base/tokenizer.json"
  @Option(help: "The prompts to score.") var prompts = "Fixtures/families/a/prompts/text.heldout.jsonl"
  @Option(help: "Take only the first so many prompts.") var limit = 20
  @Option(help: "How many runs of each; medians are printed.") var runs = 3
  @Flag(help: "Models of 100 million parameters instead of 1.1 billion.") var small = false
  @Option(parsing: .upToNextOption, help: "A base and two fine-tunes of it, instead of random models.")
  var models: [String] = []

  /// What `braid convert` is asked for, by name; the model itself is sharded safetensors in bfloat16.
  private static let formats: [(name: String, options: [String])] = [
    ("pytorch", ["--format", "pytorch"]), ("npz, float32", ["--format", "npz", "--dtype", "float32"]),
    ("hdf5, float32", ["--format", "hdf5", "--dtype", "float32"]), ("gguf", ["--format", "gguf"]),
    ("gguf, Q8_0", ["--format", "gguf", "--quantize", "q8_0"]),
    ("gguf, Q4_K", ["--format", "gguf", "--quantize", "q4_k"]),
  ]

  private static let methods = ["linear", "slerp", "ties"]

  func run() throws {
    let folders = models.isEmpty ? try randomModels() : models
    guard folders.count == 3 else { throw BenchError("--models takes a base and two fine-tunes of it") }
    let work = "\(data)/sources"
    try? FileManager.default.removeItem(atPath: work)
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: work) }
    try scoreFormats(folders[0], in: work)
    print("")
    try scoreMerges(folders, in: work)
  }

  private func randomModels() throws -> [String] {
    try ["base", "tuned-a", "tuned-b"].enumerated().map { variant, name in
      try model(small ? "small-\(name)" : name, variant: variant)
    }
  }

  private func model(_ name: String, variant: Int) throws -> String {
    let folder = "\(data)/\(name)"
    if !FileManager.default.fileExists(atPath: folder + "/config.json") {
      Figures.note("making \(folder)")
      try MakeFamily.make(small ? .hundredMillion : .billion, variant: variant, at: folder)
    }
    if !FileManager.default.fileExists(atPath: folder + "/tokenizer.json") {
      try FileManager.default.copyItem(atPath: tokenizer, toPath: folder + "/tokenizer.json")
    }
    return folder
  }

  // MARK: Formats

  private func scoreFormats(_ base: String, in work: String) throws {
    print("| weights | files | eval s | peak memory | largest difference, nats |")
    print("|---|---|---|---|---|")
    var reference: [Double] = []
    for (name, options) in [("safetensors", [])] + Self.formats {
      let folder = options.isEmpty ? base : "\(work)/converted"
      if !options.isEmpty {
        _ = try MeasuredProcess.run([braid, "convert", base, folder, "--quiet", "--force"] + options)
      }
      let scored = try score(folder, in: work)
      if reference.isEmpty { reference = scored.logLikelihoods }
      let difference = zip(reference, scored.logLikelihoods).map { abs($0 - $1) }.max() ?? .nan
      row([
        name, ByteCount.text(try size(of: folder)), Figures.text(scored.seconds), ByteCount.text(scored.peakMemory),
        difference == 0 ? "0" : Figures.text(difference),
      ])
    }
  }

  // MARK: Merges

  private func scoreMerges(_ folders: [String], in work: String) throws {
    print("| merge | in memory s | peak memory | merge s | then eval s | peak memory | same scores |")
    print("|---|---|---|---|---|---|---|")
    for method in Self.methods {
      let spec = "\(work)/\(method).yml"
      try text(of: method, folders).write(toFile: spec, atomically: true, encoding: .utf8)
      let direct = try score(spec, in: work)
      let merges = try (0..<runs).map { _ in
        try MeasuredProcess.run([braid, "merge", spec, "-o", "\(work)/merged", "--force", "--quiet"])
      }
      let written = try score("\(work)/merged", in: work)
      row([
        method, Figures.text(direct.seconds), ByteCount.text(direct.peakMemory),
        Figures.text(Figures.median(merges.map(\.wallSeconds))), Figures.text(written.seconds),
        ByteCount.text(max(written.peakMemory, merges.map(\.peakMemory).max() ?? 0)),
        direct.logLikelihoods == written.logLikelihoods ? "yes" : "no",
      ])
    }
  }

  private func text(of method: String, _ folders: [String]) -> String {
    var lines = ["merge_method: \(method)", "dtype: bfloat16"]
    if method != "linear" { lines.append("base_model: \(path(folders[0]))") }
    if method == "slerp" { lines.append("parameters: {t: 0.4}") }
    lines.append("models:")
    for folder in method == "slerp" ? Array(folders.prefix(2)) : folders {
      lines.append("- model: \(path(folder))")
      switch method {
      case "linear": lines.append("  parameters: {weight: 0.5}")
      case "ties": lines.append("  parameters: {weight: 0.5, density: 0.5}")
      default: break
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func path(_ folder: String) -> String { URL(fileURLWithPath: folder).path }

  // MARK: Scoring

  private func score(
    _ model: String, in work: String
  ) throws -> (seconds: Double, peakMemory: Int, logLikelihoods: [Double]) {
    let samples = "\(work)/samples.jsonl"
    let processes = try (0..<runs).map { _ in
      try MeasuredProcess.run([
        braid, "eval", model, "--prompts", prompts, "--limit", "\(limit)", "--precision", "bfloat16", "--samples",
        samples, "--quiet",
      ])
    }
    let lines = try String(contentsOfFile: samples, encoding: .utf8).split(separator: "\n")
    let values = try lines.flatMap { line in
      let sample = try JSONParser.parse(String(line))
      let values = sample["loglikelihoods"]?.array ?? [sample["loglikelihood"]].compactMap { $0 }
      return values.compactMap(\.double)
    }
    guard !values.isEmpty else { throw BenchError("\(prompts) has no prompts that are scored") }
    return (Figures.median(processes.map(\.wallSeconds)), processes.map(\.peakMemory).max() ?? 0, values)
  }

  private func size(of folder: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".json") }.reduce(0) {
      sum, name in
      sum + (try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int ?? 0)
    }
  }

  private func row(_ cells: [String]) {
    print("| " + cells.joined(separator: " | ") + " |")
    fflush(nil)
  }
}
