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
}
