import BraidTesting
import Checkpoints
import Documents
import Merging
import Tensors
import Testing

/// A merge's record and card, and the merge done again from them.
@Suite struct ReplayTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for (name, seed) in [("base", 1), ("expert", 2)] {
      var generator = SeededGenerator(seed: UInt64(seed))
      let tensors = [("model.embed_tokens.weight", [600, 1000]), ("model.norm.weight", [1000])].map { name, shape in
        let description = TensorDescription(name: name, dtype: .float32, shape: Shape(shape))
        let bytes = (0..<description.shape.elementCount).flatMap { _ in
          withUnsafeBytes(of: Float.random(in: -1...1, using: &generator).bitPattern.littleEndian, Array.init)
        }
        return (description, bytes)
      }
      try folder.write("\(name)/model.safetensors", SafetensorsMaker.file(tensors))
      try folder.write("\(name)/config.json", "{\"vocab_size\": 600}\n")
    }
    try folder.write("base/README.md", "---\nlicense: apache-2.0\n---\n# Base\n")
    try folder.write("base/tokenizer.json", "{}")
    try folder.write("expert/README.md", "---\nlicense: cc-by-nc-4.0\n---\n# Expert\n")
    try folder.write(
      "spec.yml",
      """
      merge_method: dare_linear
      base_model: base
      models:
        - model: expert
          parameters: {weight: 0.5, density: 0.5}
      dtype: float32

      """)
  }

  @discardableResult
  private func merge(to name: String, options: OutputOptions = OutputOptions(), threads: Int = 2) throws -> String {
    _ = try Merger.merge(
      try OpenedMerge.open(folder("spec.yml")), to: MergeOutput(destination: folder(name), options: options),
      resources: MergeResources(threads: threads))
    return folder(name)
  }

  private func replay(_ path: String) throws -> Replay {
    try Replay.run(try Replay.prepare(path), resources: MergeResources(threads: 2))
  }

  @Test func `the card names parents, licence, spec and digests`() throws {
    let card = try Files.text(try merge(to: "out") + "/README.md")
    try Golden.expect(card.replacing(BraidVersion.text, with: "VERSION"), at: "card.md")
  }

  @Test(
    arguments: [
      OutputOptions(), OutputOptions(format: .hdf5), OutputOptions(format: .pytorch), OutputOptions(format: .npz),
      OutputOptions(dtype: .bfloat16, maximumShardSize: 100_000),
    ])
  func `a merge done again is equal byte for byte`(options: OutputOptions) throws {
    let path = try merge(to: "out", options: options)
    let again = try replay(path)
    #expect(again.differences == [] && again.reasons == [])
    #expect(again.files == (try Files.list(path).count))
    #expect(try Files.list(folder.path).allSatisfy { !$0.contains("replay") }, "nothing is left behind")
  }

  @Test func `a merge in stages is done again, whether they were kept or not`() throws {
    try folder.write(
      "spec.yml",
      """
      name: half
      merge_method: dare_linear
      base_model: base
      seed: 3
      models: [{model: expert, parameters: {weight: 0.5, density: 0.5}}]
      ---
      # The stage, and what it was made of.
      merge_method: slerp
      base_model: half
      models: [{model: expert}]
      parameters: {t: 0.25}

      """)
    let path = try merge(to: "out")
    let first = try replay(path)
    #expect(first.differences == [] && first.reasons == [])
    let kept = try Merger.merge(
      try OpenedMerge.open(folder("spec.yml")), to: MergeOutput(destination: folder("again")),
      keepingStagesIn: folder("stages"), resources: MergeResources(threads: 2))
    #expect(kept.stages.map(\.name) == ["half"])
    #expect(try replay(folder("again")).differences == [])
    #expect(try Files.bytes(path + "/model.safetensors") == Files.bytes(folder("again/model.safetensors")))
    // Both models are among the parents, whichever stage reads them.
    let record = try JSONFile(path: path + "/braid-record.json").root
    #expect(record["merge"]?["parents"]?.array?.compactMap { $0["model"]?.string } == ["base", "expert"])
  }

  @Test func `threads and destination change neither record nor card`() throws {
    let (a, b) = (try merge(to: "one/out", threads: 1), try merge(to: "out", threads: 3))
    for name in ["braid-record.json", "README.md"] {
      #expect(try Files.bytes("\(a)/\(name)") == Files.bytes("\(b)/\(name)"))
    }
  }

  @Test func `a parent that has changed is named`() throws {
    let path = try merge(to: "out")
    var bytes = try Files.bytes(folder("expert/model.safetensors"))
    bytes[bytes.count - 2] ^= 1
    try folder.write("expert/model.safetensors", bytes)
    let again = try replay(path)
    #expect(again.differences.contains { $0.hasPrefix("model.safetensors differs from byte ") })
    #expect(again.reasons == ["expert is no longer what it was"])
  }

  @Test func `damage to the old result is found although the merge is the same`() throws {
    let path = try merge(to: "out")
    try folder.write("out/tokenizer.json", "{ }")
    try folder.write("out/extra.txt", "")
    let again = try replay(path)
    #expect(again.differences == ["extra.txt is not made any more", "tokenizer.json differs from byte 1 on"])
    #expect(again.reasons == [])
  }

  @Test func `the parents' digest is that of their record where they were merged by the same program`() throws {
    let first = try merge(to: "first")
    let record = try JSONFile(path: first + "/braid-record.json").root
    try folder.write(
      "spec.yml", "merge_method: passthrough\nmodels:\n  - model: first\n")
    let second = try JSONFile(path: try merge(to: "second") + "/braid-record.json").root
    // The model's digest lists dtypes and shapes; the tensors' digests in it are those of the record.
    let tensors = record["tensors"]?.array ?? []
    let lines = try tensors.map { tensor in
      let name = try #require(tensor["name"]?.string)
      let shape = name.hasSuffix("norm.weight") ? Shape([1000]) : Shape([600, 1000])
      return "\(name) float32 \(shape) \(try #require(tensor["xxh3_128"]?.string))\n"
    }
    let expected = ContentDigest(of: lines.sorted().joined()).text
    #expect(second["merge"]?["parents"]?.array?.first?["xxh3_128"]?.string == expected)
    #expect(second["xxh3_128"]?.string == record["xxh3_128"]?.string)
  }

  @Test func `a folder without the record of a merge is refused`() throws {
    _ = try Converter.convert(
      ParentModel(try ModelFolder.open(folder("base"))), to: MergeOutput(destination: folder("converted")),
      resources: MergeResources(threads: 1))
    #expect(throws: CheckpointError.self) { try Replay.prepare(folder("converted")) }
    #expect(throws: CheckpointError.self) { try Replay.prepare(folder("base")) }
  }

  @Test func `input digests of a resumed run are complete`() throws {
    let merge = try OpenedMerge.open(folder("spec.yml"))
    let whole = InputDigests()
    try whole.complete(merge.plan, sources: merge.sources, threads: 2)
    let path = try self.merge(to: "out")
    let record = try #require(MergeRecord(try JSONFile(path: path + "/braid-record.json").root))
    for (number, parent) in record.parents.enumerated() {
      #expect(whole.digest(ofModel: number).text == parent.digest)
    }
  }
}
