import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct CheckpointLocationTests {
  private let folder: TemporaryFolder
  private let weights = SafetensorsMaker.file([(TensorDescription(name: "a", dtype: .uint8, shape: [1]), [1])])

  init() throws { folder = try TemporaryFolder() }

  private func message(_ path: String) -> String {
    do {
      return "tensors in " + (try Checkpoint.open(path)).files.map(\.name).joined(separator: " ")
    } catch {
      return "\(error)".split(separator: folder.path).joined()
    }
  }

  @Test func `an empty folder says what was looked for`() {
    #expect(
      message(folder.path)
        == ": no weights found; looked for "
        + "model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
        + "pytorch_model.bin.index.json, tf_model.h5, model.weights.h5, *.safetensors, *.bin, *.pt, *.pth, *.ckpt, *.gguf, "
        + "*.keras, *.h5, *.npz, *.npy\n"
        + "  the folder is empty")
  }

  @Test func `weights in another format are named`() throws {
    try folder.write("model.onnx", [0])
    #expect(
      message(folder.path)
        == ": no weights found; looked for "
        + "model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
        + "pytorch_model.bin.index.json, tf_model.h5, model.weights.h5, *.safetensors, *.bin, *.pt, *.pth, *.ckpt, *.gguf, "
        + "*.keras, *.h5, *.npz, *.npy; "
        + "there is model.onnx, which is in a format that cannot be read")
  }

  @Test func `a single file of another name is taken, several are not`() throws {
    try folder.write("adapter.safetensors", weights)
    #expect(message(folder.path) == "tensors in adapter.safetensors")
    try folder.write("other.safetensors", weights)
    #expect(
      message(folder.path)
        == ": several weight files and no list of shards: adapter.safetensors, other.safetensors\n"
        + "  name one of the files, or add model.safetensors.index.json")
    try folder.write("model.safetensors", weights)
    #expect(message(folder.path) == "tensors in model.safetensors")
    #expect(message(folder("other.safetensors")) == "tensors in other.safetensors")
  }

  @Test func `content decides what a file is, not its name`() throws {
    #expect(message(try folder.write("weights.dat", weights)) == "tensors in weights.dat")
    #expect(
      message(try folder.write("notes.txt", "hello"))
        == "/notes.txt: this is not a weight file of a known format\n  formats that can be read: "
        + CheckpointFormats.all.map { $0.name }.joined(separator: ", "))
  }

  @Test func `a misspelt path gets the nearest one`() throws {
    try folder.write("llama/model.safetensors", weights)
    #expect(message(folder("lama")).hasSuffix("there is no such file or folder\n  did you mean /llama?"))
    #expect(message(folder("nothing like it")) == "/nothing like it: there is no such file or folder")
    #expect(message(folder("a\0b")).hasSuffix("there is no such file or folder"))
  }

  @Test func `what is neither file nor folder is refused`() {
    #expect(message("/dev/null") == "/dev/null: this is neither a file nor a folder")
  }
}
