import BraidTesting
import Foundation
import Testing

/// The benches run as `make bench` runs them, on inputs that take no time; what they measure is never asserted.
@Suite struct BenchTests {
  @Test func `tokenizers are timed, and every token is counted`() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write("text", String(repeating: "one two three\n", count: 100))
    let run = try BraidBinary.run(
      ["tokens", Fixture.path("families/a/base/tokenizer.json"), "--text", text, "--runs", "1"],
      program: "braid-bench")
    #expect(run.status == 0, "\(run.errors)")
    let cells = try #require(run.output.split(separator: "\n").last).split(separator: "|").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    #expect(cells.first?.hasSuffix("tokenizer.json") == true)
    #expect(Int(cells.last ?? "") ?? 0 >= 300)
  }

  @Test func `the floor reads everything, and writes as many bytes as it is told, up to a whole block`() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("input", [UInt8](repeating: 7, count: 3_000_001))
    let run = try BraidBinary.run(
      ["floor", "--inputs", input, "--output", folder("output"), "--bytes", "2000003"], program: "braid-bench")
    #expect(run.status == 0, "\(run.errors)")
    let written = try Files.bytes(folder("output")).count
    #expect(written >= 2_000_003 && written < 2_000_003 + (8 << 20))
    // The sum of the input's words of eight bytes, as many as make whole lines of 64.
    let sum = UInt64(0x0707_0707_0707_0707).multipliedReportingOverflow(by: 3_000_001 / 64 * 8).partialValue
    #expect(run.output.split(separator: "\n").first == "\(sum)")
  }

  @Test func `one model is scored out of every format, and merges with and without the disk give the same`() throws {
    let folder = try TemporaryFolder()
    let models = ["base", "expert-facts", "expert-sort"].map { Fixture.path("families/a/\($0)") }
    let run = try BraidBinary.run(
      [
        "sources", "--runs", "1", "--limit", "3", "--data", folder.path, "--braid", try BraidBinary.path(), "--prompts",
        Fixture.path("families/a/prompts/text.heldout.jsonl"), "--models",
      ] + models, program: "braid-bench")
    #expect(run.status == 0, "\(run.errors)")
    let rows = run.output.split(separator: "\n").map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let differences = Dictionary(uniqueKeysWithValues: rows.filter { $0.count == 5 }.map { ($0[0], $0[4]) })
    for format in ["safetensors", "pytorch", "npz, float32", "hdf5, float32", "gguf"] {
      #expect(differences[format] == "0", "\(format)")
    }
    #expect(differences["gguf, Q4_K"] != nil && differences["gguf, Q4_K"] != "0")
    for method in ["linear", "slerp", "ties"] {
      #expect(rows.first { $0.first == method }?.last == "yes", "\(method)")
    }
  }

  @Test func `a bench that cannot go on says why`() throws {
    let run = try BraidBinary.run(
      ["tokens", "missing.json", "--text", Fixture.path("embeddings/tiny/vocab.txt")], program: "braid-bench")
    #expect(run.status != 0 && run.errors.contains("missing.json"))
  }
}
