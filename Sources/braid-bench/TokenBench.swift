import ArgumentParser
import Documents
import Foundation
import LanguageModels

/// Times a tokenizer on a text, and the `tokenizers` library on the same one if there is a Python that has it.
///
/// Both use one thread, so that its CPU time is what is compared; it hardly depends on what else the machine does.
struct TokenBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Time a tokenizer.json on a text, one thread.")

  @Argument(help: "A tokenizer.json, or several.") var tokenizers: [String]
  @Option(help: "A text in UTF-8, of about a megabyte.") var text: String
  @Option(help: "A Python that has the tokenizers library, to compare with.") var python: String?
  @Option(help: "How many runs of each; medians are printed.") var runs = 5

  func run() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: text))
    let megabytes = Double(bytes.count) / 1e6
    // By lines as evaluation has it, in prompts of some kilobytes.
    let texts = Self.pieces(String(decoding: bytes, as: UTF8.self))
    print("| tokenizer | load ms | MB/s | tokenizers load ms | MB/s | ratio | tokens |")
    print("|---|---|---|---|---|---|---|")
    for path in tokenizers {
      let file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      var loads: [Double] = []
      var rates: [Double] = []
      var tokens: [Int] = []
      for _ in 0..<runs {
        let start = Self.now
        let tokenizer = try Tokenizer(file, file: path)
        let loaded = Self.now
        tokens = []
        for text in texts { tokens += try tokenizer.encode(text, addingSpecialTokens: false) }
        loads.append((loaded - start) * 1e3)
        rates.append(megabytes / (Self.now - loaded))
      }
      var row = [
        path, Decimal.text(Figures.median(loads), decimals: 0), Decimal.text(Figures.median(rates), decimals: 1),
      ]
      if let python, let other = try Self.measured(python, path, texts, runs: runs) {
        let ratio = Figures.median(rates) / (megabytes / other.seconds)
        row += [
          Decimal.text(other.load * 1e3, decimals: 0), Decimal.text(megabytes / other.seconds, decimals: 1),
          Decimal.text(ratio, decimals: 1), "\(tokens.count), \(other.tokens == tokens ? "equal" : "not equal")",
        ]
      } else {
        row += ["", "", "", "\(tokens.count)"]
      }
      print("| " + row.joined(separator: " | ") + " |")
      fflush(nil)
    }
  }

  /// The CPU time of this process, in seconds.
  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The text in pieces of about four kilobytes, cut at line ends.
  private static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var piece: [UInt8] = []
    for byte in text.utf8 {
      piece.append(byte)
      if byte == UInt8(ascii: "\n"), piece.count > 4096 {
        pieces.append(String(decoding: piece, as: UTF8.self))
        piece = []
      }
    }
    return piece.isEmpty ? pieces : pieces + [String(decoding: piece, as: UTF8.self)]
  }

  /// What the `tokenizers` library takes on one thread, or nil if this Python has none.
  private static func measured(
    _ python: String, _ tokenizer: String, _ texts: [String], runs: Int
  ) throws -> (load: Double, seconds: Double, tokens: [Int])? {
    let script = """
      import json, sys, time
      from tokenizers import Tokenizer
      texts = json.load(sys.stdin)
      loads, times = [], []
      for _ in range(\(runs)):
          a = time.process_time(); t = Tokenizer.from_file(sys.argv[1]); b = time.process_time()
          ids = [i for text in texts for i in t.encode(text, add_special_tokens=False).ids]
          loads.append(b - a); times.append(time.process_time() - b)
      print(json.dumps([sorted(loads)[len(loads) // 2], sorted(times)[len(times) // 2], ids]))
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", script, tokenizer]
    process.environment = ProcessInfo.processInfo.environment.merging(["TOKENIZERS_PARALLELISM": "false"]) { $1 }
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    input.fileHandleForWriting.write(try JSONEncoder().encode(texts))
    try input.fileHandleForWriting.close()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0, let values = try JSONParser.parse(Array(answer)).array, values.count == 3,
      let load = values[0].double, let seconds = values[1].double
    else { return nil }
    return (load, seconds, (values[2].array ?? []).compactMap(\.int))
  }
}
