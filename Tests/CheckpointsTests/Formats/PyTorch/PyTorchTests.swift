import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct PyTorchTests {
  private static let folder = Fixture.path("formats/pytorch")
  static let names = [
    "every-dtype.pt", "every-dtype-legacy.pt", "protocol-3.pt", "protocol-4.pt", "protocol-5.pt", "views.pt",
    "views-legacy.pt", "packed-again.pt", "parameters.pth", "state-dict.bin", "training.ckpt", "nested.pt", "alone.pt",
    "script.pt", "large-numbers.pt", "sharded",
  ]

  @Test(arguments: names) func `PyTorch's tensors are found with PyTorch's values`(name: String) async throws {
    let checkpoint = try Checkpoint.open(Self.folder + "/" + name)
    #expect(checkpoint.format == "PyTorch")
    #expect(try checkpoint.values == Files.text(Self.folder + "/values/" + name + ".txt"))
    try await TensorSourceContract.check(checkpoint)
  }

  @Test func `what lies beside the tensors is told in words`() throws {
    var report = ""
    for name in Self.names {
      let checkpoint = try Checkpoint.open(Self.folder + "/" + name)
      let remarks = checkpoint.files.flatMap(\.contents.metadata)
      if !remarks.isEmpty { report += name + "\n" + remarks.map { "  \($0.key): \($0.value)\n" }.joined() }
    }
    try Golden.expect(report, at: "remarks.txt")
  }

  @Test func `plain tensors are read in place and others say how they are stored`() throws {
    let views = try Checkpoint.open(Self.folder + "/views.pt")
    let storages = views.index.tensors.map { "\($0.name): \(views.location(of: $0.name)?.storage ?? "in place")\n" }
    try Golden.expect(storages.sorted().joined(), at: "storages.txt")
  }

  @Test func `every broken file gets the message that was recorded for it`() throws {
    try Golden.expect(BrokenFiles.report(Self.folder + "/broken"), at: "broken-files.txt")
  }

  @Test(arguments: ["views.pt", "views-legacy.pt", "packed-again.pt"])
  func `a valid file cut short anywhere is an error`(name: String) throws {
    let valid = try Files.bytes(Self.folder + "/" + name)
    Mutation.checkCuts(PyTorch.self, valid, at: 0..<valid.count)
  }

  @Test(arguments: ["views.pt", "packed-again.pt", "views-legacy.pt", "training.ckpt", "script.pt", "protocol-4.pt"])
  func `changed bytes never make it trap, and what it accepts fits the file`(name: String) throws {
    Mutation.check(PyTorch.self, try Files.bytes(Self.folder + "/" + name), rounds: 30_000, seed: 11)
  }

  @Test func `a list of shards is found in its folder and checked`() throws {
    let checkpoint = try Checkpoint.open(Self.folder + "/sharded")
    #expect(checkpoint.files.map(\.name) == ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"])
    #expect(checkpoint.weightMapPath?.hasSuffix("pytorch_model.bin.index.json") == true)
  }
}

extension Checkpoint {
  /// A line for every tensor in alphabetical order, as the fixtures' goldens have it.
  var values: String {
    get throws {
      try index.tensors.sorted { $0.name < $1.name }.map { tensor in
        let digits = try bytes(of: tensor.name).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "\(tensor.name) \(tensor.dtype.rawValue) \(tensor.shape) \(digits.joined())\n"
      }.joined()
    }
  }
}
