import ArgumentParser
import Documents
import Foundation
import Kernels
import Tensors

/// Times conversions into and out of each format against the floor, opening, and the conversion of blocks to float32.
struct FormatBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "Time conversions of a random 1.1B model, opening, and dequantisation.")

  @Option(help: "Where the random models live; made if missing, 2.2 GB.") var data = "bench-data"
  @Option(help: "The braid to measure.") var braid = ".build/release/braid"
  @Option(help: "The memory budget given to braid.") var memory = "256MB"
  @Option(help: "How many runs of each; medians are printed.") var runs = 3
  @Option(parsing: .upToNextOption, help: "Which formats to time.") var only: [String] = []

  /// What `braid convert` is asked for, by name.
  private static let ways: [(name: String, options: [String])] = [
    ("safetensors", ["--dtype", "float16"]),
    ("pytorch", ["--format", "pytorch"]),
    ("npz", ["--format", "npz", "--dtype", "float16"]),
    ("hdf5", ["--format", "hdf5", "--dtype", "float16"]),
    ("gguf", ["--format", "gguf"]),
    ("gguf Q8_0", ["--format", "gguf", "--quantize", "q8_0"]),
    ("gguf Q4_K", ["--format", "gguf", "--quantize", "q4_k"]),
  ]

  func run() throws {
    let base = "\(data)/base"
    if !FileManager.default.fileExists(atPath: base) {
      Figures.note("making \(base)")
      try MakeFamily.make(.billion, variant: 0, at: base)
    }
    print("| format | size | floor s | write s | write / floor | peak memory | open s | read s | read / floor |")
    print("|---|---|---|---|---|---|---|---|---|")
    for way in Self.ways where only.isEmpty || only.contains(way.name) {
      try measure(way.name, way.options, base: base)
    }
    print("")
    try printBlocks()
  }

  /// Converts there and back, each in turn with a floor that reads and writes as many bytes.
  private func measure(_ name: String, _ options: [String], base: String) throws {
    let (there, back) = ("\(data)/there", "\(data)/back")
    defer { for folder in [there, back] { try? FileManager.default.removeItem(atPath: folder) } }
    let writing = try pairs(from: base, to: there, options)
    let reading = try pairs(from: there, to: back, ["--dtype", "bfloat16"])
    let opening = try (0..<runs).map { _ in try MeasuredProcess.run([braid, "inspect", there]).wallSeconds }
    let row = [
      name, ByteCount.text(try size(of: there)), Figures.text(Figures.median(writing.map(\.floor))),
      Figures.text(Figures.median(writing.map(\.own.wallSeconds))),
      Figures.text(Figures.median(writing.map { $0.own.wallSeconds / $0.floor })),
      ByteCount.text(writing.map(\.own.peakMemory).max() ?? 0), Figures.text(Figures.median(opening)),
      Figures.text(Figures.median(reading.map(\.own.wallSeconds))),
      Figures.text(Figures.median(reading.map { $0.own.wallSeconds / $0.floor })),
    ]
    print("| " + row.joined(separator: " | ") + " |")
    fflush(nil)
  }

  private func pairs(
    from source: String, to target: String, _ options: [String]
  ) throws -> [(own: MeasuredProcess, floor: Double)] {
    var pairs: [(own: MeasuredProcess, floor: Double)] = []
    for run in 0...runs {
      let own = try MeasuredProcess.run(
        [braid, "convert", source, target, "--memory", memory, "--quiet", "--force"] + options)
      let floor = try MeasuredProcess.run(
        [CommandLine.arguments[0], "floor", "--inputs"] + weights(in: source)
          + ["--output", "\(data)/floor.bin", "--bytes", "\(size(of: target))"])
      try FileManager.default.removeItem(atPath: "\(data)/floor.bin")
      // The first round only fills the page cache.
      if run > 0 { pairs.append((own, floor.wallSeconds)) }
    }
    return pairs
  }

  private func weights(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".json") }.sorted()
      .map { "\(folder)/\($0)" }
  }

  private func size(of folder: String) throws -> Int {
    try weights(in: folder).reduce(0) { sum, file in
      sum + (try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0)
    }
  }

  /// How fast blocks become float32 on one core, in bytes of float32, and back where they can be written.
  private func printBlocks() throws {
    print("| blocks | to float32 GB/s | from float32 GB/s |")
    print("|---|---|---|")
    let count = 1 << 24
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: count)
    let blocks = UnsafeMutableRawPointer.allocate(byteCount: count * 2, alignment: 64)
    defer {
      floats.deallocate()
      blocks.deallocate()
    }
    for i in 0..<count { floats[i] = Float(i % 4001 - 2000) / 2000 }
    for format in BlockFormat.allCases {
      memset(blocks, 0x11, count * 2)
      let isWritable = BlockFormat.canQuantize.contains(format)
      let back =
        isWritable
        ? rate(count) { VectorKernels.best.fromFloat32(floats, blocks: format, count: count, into: blocks) } : nil
      let there = rate(count) { VectorKernels.best.toFloat32(from: blocks, blocks: format, count: count, into: floats) }
      print("| \(format.rawValue) | \(Figures.text(there)) | \(back.map(Figures.text) ?? "–") |")
    }
  }

  private func rate(_ count: Int, _ body: () -> Void) -> Double {
    let seconds = (0..<3).map { _ -> Double in
      let start = ContinuousClock.now
      body()
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return Double(count * 4) / 1e9 / Figures.median(seconds)
  }
}
