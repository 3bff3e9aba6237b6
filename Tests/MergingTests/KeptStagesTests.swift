import BraidTesting
import Checkpoints
import Documents
import Merging
import Tensors
import Testing

/// Stages that are kept as checkpoints are reused exactly when they would come out the same.
@Suite struct KeptStagesTests {
  private let folder: TemporaryFolder
  private static let text = StagedMergeTests.spec("ties", "slerp", "linear")

  init() throws {
    folder = try TemporaryFolder()
    try StagedMergeTests.models(in: folder)
  }

  private func merge(_ output: String, _ text: String = text, keeping: Bool = true) throws -> MergeSummary {
    let merge = try OpenedMerge.open(try folder.write("spec.yml", text))
    return try Merger.merge(
      merge, to: MergeOutput(destination: folder(output)), keepingStagesIn: keeping ? folder("kept") : nil,
      resources: MergeResources(threads: 2))
  }

  private func contents(_ name: String) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for file in try Files.list(folder(name)) where file != "README.md" && file != "braid-record.json" {
      contents[file] = try Files.bytes(folder(name) + "/" + file)
    }
    return contents
  }

  @Test func `what is kept changes nothing, is a model of its own, and is used again`() throws {
    let fused = try merge("fused", keeping: false)
    #expect(fused.stages.isEmpty)
    #expect(!Files.exists(folder("kept")))
    let first = try merge("first")
    #expect(first.stages.map(\.name) == ["first", "second"])
    #expect(first.stages.map(\.isReused) == [false, false])
    #expect(try contents("first") == contents("fused"))
    for stage in first.stages {
      let model = try ModelFolder.open(stage.path)
      #expect(model.weights.index.tensors.count == 4)
      #expect(model.configuration?["num_hidden_layers"]?.int == 2)
    }
    let second = try merge("second")
    #expect(second.stages.map(\.isReused) == [true, true])
    #expect(second.stages.map(\.path) == first.stages.map(\.path))
    #expect(try contents("second") == contents("fused"))
    // The record does not depend on whether stages were kept, or used again.
    let records = try ["fused", "first", "second"].map { name in
      try JSONFile(path: folder(name) + "/braid-record.json").root["merge"]?["parents"]?.array?.compactMap {
        $0["xxh3_128"]?.string
      }
    }
    #expect(records[0]?.count == 3 && Set(records).count == 1)
  }

  @Test func `another recipe is another stage, and so is everything that reads it`() throws {
    _ = try merge("first")
    let changed = try merge("second", Self.text.replacing("density: 0.5", with: "density: 0.55"))
    #expect(changed.stages.map(\.isReused) == [false, false])
    let final = try merge("third", Self.text.replacing("weight: 0.7", with: "weight: 0.75"))
    #expect(final.stages.map(\.isReused) == [true, true])
    #expect(try contents("third") != contents("first"))
  }

  @Test func `another input is another stage`() throws {
    _ = try merge("first")
    try Files.remove(folder("two/model.safetensors"))
    try Files.copy(folder("base/model.safetensors"), to: folder("two/model.safetensors"))
    let changed = try merge("second")
    #expect(changed.stages.map(\.isReused) == [false, false])
    _ = try merge("fused", keeping: false)
    #expect(try contents("second") == contents("fused"))
  }

  @Test func `a kept stage that was changed by hand is refused`() throws {
    let whole = try merge("first")
    let path = try #require(whole.stages.first?.path)
    try Files.remove(path + "/model.safetensors")
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    try folder.write("kept/\(name)/model.safetensors", SafetensorsMaker.file([]))
    #expect(throws: CheckpointError.self) { try merge("second") }
  }
}
