import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct KilledMergeTests {
  private let folder: TemporaryFolder
  private let spec: String

  /// Two random models of some megabytes, so that a merge takes long enough to be hit in the middle.
  init() throws {
    folder = try TemporaryFolder()
    for (number, name) in ["one", "two"].enumerated() {
      var generator = SeededGenerator(seed: UInt64(number))
      let tensors = (0..<24).map { layer in
        (
          description: TensorDescription(
            name: "model.layers.\(layer).mlp.up_proj.weight", dtype: .bfloat16, shape: [512, 511]),
          // Exponents that keep every number finite.
          bytes: (0..<512 * 511).flatMap { _ in
            let bits = UInt16.random(in: 0x3C00...0x3FFF, using: &generator)
            return [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
          }
        )
      }
      try folder.write("\(name)/model.safetensors", SafetensorsMaker.file(tensors))
      try folder.write("\(name)/config.json", #"{"num_hidden_layers": 24}"#)
    }
    spec = try folder.write(
      "spec.yml",
      """
      merge_method: linear
      models:
        - model: one
          parameters: {weight: 0.3}
        - model: two
          parameters: {weight: 0.7}
      dtype: bfloat16
      """)
  }

  private func contents(_ name: String) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for file in try Files.list(folder(name)) { contents[file] = try Files.bytes(folder(name) + "/" + file) }
    return contents
  }

  private func arguments(_ output: String, _ more: String...) -> [String] {
    ["merge", spec, "-o", folder(output), "--quiet", "--max-shard-size", "3MB", "--memory", "16MB"] + more
  }

  @Test func `a merge killed at any point leaves no folder, and resuming gives the same bytes`() throws {
    let whole = try BraidBinary.run(arguments("whole"))
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try contents("whole")
    #expect(expected.count == 10)
    for delay in stride(from: 1, through: 61, by: 4) {
      let output = "out-\(delay)"
      let running = try BraidBinary.start(arguments(output))
      running.kill(afterMilliseconds: delay)
      let ended = try running.wait()
      if Files.exists(folder(output)) {
        // It was faster than the kill, or was hit while it tidied up behind the rename: then all must be there.
        #expect(try contents(output) == expected, "killed after \(delay) ms")
        continue
      }
      #expect(ended.status == -9)
      let resumed = try BraidBinary.run(arguments(output, "--resume"))
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try contents(output) == expected, "killed after \(delay) ms")
      try Files.remove(folder(output))
    }
  }

  @Test func `stages that were being kept when a merge was killed are gone on with`() throws {
    let staged = try folder.write(
      "staged.yml",
      """
      name: mean
      merge_method: linear
      models:
        - model: one
          parameters: {weight: 0.3}
        - model: two
          parameters: {weight: 0.7}
      dtype: bfloat16
      ---
      merge_method: slerp
      base_model: mean
      models: [{model: two}]
      parameters: {t: 0.4}
      dtype: bfloat16
      """)
    func arguments(_ output: String, _ more: String...) -> [String] {
      ["merge", staged, "-o", folder(output), "--quiet", "--memory", "64MB"] + more
    }
    let whole = try BraidBinary.run(arguments("whole"))
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try contents("whole").filter { $0.key != "README.md" && $0.key != "braid-record.json" }
    for delay in stride(from: 1, through: 81, by: 8) {
      let (output, kept) = ("out-\(delay)", folder("kept-\(delay)"))
      let running = try BraidBinary.start(arguments(output, "--keep-stages", kept))
      running.kill(afterMilliseconds: delay)
      _ = try running.wait()
      if !Files.exists(folder(output)) {
        let resumed = try BraidBinary.run(arguments(output, "--resume", "--keep-stages", kept))
        #expect(resumed.status == 0, "\(resumed.errors)")
      }
      let found = try contents(output).filter { $0.key != "README.md" && $0.key != "braid-record.json" }
      #expect(found == expected, "killed after \(delay) ms")
      #expect(try Files.list(kept).filter { $0.hasSuffix("/model.safetensors") }.count == 1)
      // Without keeping them a merge that was killed goes on as well.
      let fused = try BraidBinary.start(arguments(output + "-fused"))
      fused.kill(afterMilliseconds: delay)
      _ = try fused.wait()
      if !Files.exists(folder(output + "-fused")) {
        let resumed = try BraidBinary.run(arguments(output + "-fused", "--resume"))
        #expect(resumed.status == 0, "\(resumed.errors)")
      }
      #expect(
        try contents(output + "-fused").filter { $0.key != "README.md" && $0.key != "braid-record.json" } == expected)
    }
  }
}
