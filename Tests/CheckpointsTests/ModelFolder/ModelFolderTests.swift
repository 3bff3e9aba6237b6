import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

@Suite struct ModelFolderTests {
  private let folder: TemporaryFolder
  private let weights = SafetensorsMaker.file([(TensorDescription(name: "a", dtype: .uint8, shape: [1]), [1])])

  init() throws { folder = try TemporaryFolder() }

  @Test func `everything that is not weights is carried`() throws {
    let carried = [
      "tokenizer.json", "tokenizer.model", "chat_template.jinja", "generation_config.json", "merges.txt", "LICENSE",
      "modeling_custom.py", "additional_chat_templates/tool.jinja", "preprocessor_config.json",
    ]
    let left = [
      "config.json", "README.md", ".gitattributes", ".cache/huggingface/x", "model.safetensors",
      "pytorch_model.bin", "pytorch_model.bin.index.json", "model.gguf", "tf_model.h5", "training_args.bin",
      "onnx/model.onnx", "onnx/config.json", "original/params.json", "checkpoint-500/trainer_state.json",
    ]
    for name in carried + left { try folder.write(name, name == "config.json" ? "{}" : "x") }
    try folder.write("model.safetensors", weights)
    let model = try ModelFolder.open(folder.path)
    #expect(model.filesToCarry.map(\.name) == carried.sorted())
    #expect(try Files.text(model.filesToCarry[0].path) == "x")
    #expect(model.filesToCarry[0].byteCount == 1)
  }

  @Test func `modules of sentence-transformers are carried with their weights`() throws {
    try folder.write("model.safetensors", weights)
    try folder.write("modules.json", #"[{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense"}]"#)
    for name in ["1_Pooling/config.json", "2_Dense/model.safetensors", "3_Other/model.safetensors"] {
      try folder.write(name, "x")
    }
    let names = try ModelFolder.open(folder.path).filesToCarry.map(\.name)
    #expect(names == ["1_Pooling/config.json", "2_Dense/model.safetensors", "modules.json"])
  }

  @Test func `links are followed, as in the Hugging Face cache, and circles end`() throws {
    try folder.write("blobs/1", weights)
    try folder.write("blobs/2", "{}")
    try folder.write("snapshot/x/y", "deep")
    try Files.link(folder("snapshot/model.safetensors"), to: "../blobs/1")
    try Files.link(folder("snapshot/tokenizer.json"), to: "../blobs/2")
    try Files.link(folder("snapshot/broken.json"), to: "../blobs/3")
    try Files.link(folder("snapshot/x/circle"), to: "..")
    let model = try ModelFolder.open(folder("snapshot"))
    #expect(model.checkpoint.index.tensors.count == 1)
    #expect(Array(model.filesToCarry.map(\.name).prefix(1)) == ["tokenizer.json"])
    #expect(model.filesToCarry.map(\.name).contains("x/y"))
    #expect(try model.file(named: "tokenizer.json") == Array("{}".utf8))
    #expect(try model.file(named: "broken.json") == nil)
  }

  @Test func `a weight file brings the configuration beside it`() throws {
    let path = try folder.write("model.safetensors", weights)
    #expect(try ModelFolder.open(path).configuration == nil)
    try folder.write("config.json", #"{"hidden_size": 8}"#)
    #expect(try ModelFolder.open(path).path == folder.path)
    let configuration = try ModelFolder.open(path).configuration
    #expect(configuration?["hidden_size"]?.int == 8)
  }

  @Test func `a broken configuration is an error with line and column`() throws {
    try folder.write("model.safetensors", weights)
    try folder.write("config.json", "{\n  \"a\": 1,\n  oops\n}")
    #expect {
      try ModelFolder.open(folder.path)
    } throws: { error in
      "\(error)" == folder("config.json") + ": line 3, column 3: not valid JSON: expected a key in quotes"
    }
  }
}
