import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct NumPyTests {
  private static let folder = Fixture.path("formats/numpy")
  static let names = [
    "every-dtype.npz", "every-dtype-compressed.npz", "orders.npz", "orders-compressed.npz", "alone.npy",
    "alone-big.npy", "alone-columns.npy", "version-2.npy", "version-3.npy", "bfloat16.npy",
  ]

  @Test(arguments: names) func `NumPy's arrays are found with NumPy's values`(name: String) async throws {
    let checkpoint = try Checkpoint.open(Self.folder + "/" + name)
    #expect(checkpoint.format == "NumPy")
    #expect(try checkpoint.values == Files.text(Self.folder + "/values/" + name + ".txt"))
    try await TensorSourceContract.check(checkpoint)
  }

  @Test func `arrays say how they are stored`() throws {
    var report = ""
    for name in ["orders.npz", "orders-compressed.npz"] {
      let checkpoint = try Checkpoint.open(Self.folder + "/" + name)
      report += name + "\n"
      for tensor in checkpoint.index.tensors {
        report += "  \(tensor.name): \(checkpoint.location(of: tensor.name)?.storage ?? "in place")\n"
      }
    }
    try Golden.expect(report, at: "storages.txt")
  }

  @Test func `every broken file gets the message that was recorded for it`() throws {
    try Golden.expect(BrokenFiles.report(Self.folder + "/broken"), at: "broken-files.txt")
  }

  @Test(arguments: ["alone.npy", "version-3.npy", "orders.npz", "orders-compressed.npz"])
  func `a valid file cut short anywhere is an error`(name: String) throws {
    let valid = try Files.bytes(Self.folder + "/" + name)
    Mutation.checkCuts(NumPy.self, valid, at: 0..<valid.count)
  }

  @Test(arguments: ["alone-columns.npy", "orders.npz", "orders-compressed.npz"])
  func `changed bytes never make it trap, and what it accepts fits the file`(name: String) throws {
    Mutation.check(NumPy.self, try Files.bytes(Self.folder + "/" + name), rounds: 30_000, seed: 12)
  }
}
