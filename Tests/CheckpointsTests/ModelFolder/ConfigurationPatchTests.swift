import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

@Suite struct ConfigurationPatchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func patch(_ text: String, layers: Int? = nil, dtype: DType? = nil) throws -> String {
    let file = try JSONFile(path: try folder.write("config.json", text))
    return String(
      decoding: try ConfigurationPatch(layerCount: layers, dtype: dtype).applied(to: file).bytes, as: UTF8.self)
  }

  @Test func `only the patched values of the fixture change, byte for byte`() throws {
    let path = Fixture.path("families/a/base/config.json")
    let file = try JSONFile(path: path)
    let text = try Files.text(path)
    let patched = try ConfigurationPatch(layerCount: 7, dtype: .float32).applied(to: file)
    let expected = text.split(separator: "\"num_hidden_layers\": 4").joined(separator: "\"num_hidden_layers\": 7")
      .split(separator: "\"dtype\": \"bfloat16\"").joined(separator: "\"dtype\": \"float32\"")
    #expect(String(decoding: patched.bytes, as: UTF8.self) == expected)
    #expect(patched.warnings.isEmpty)
    #expect(try ConfigurationPatch(layerCount: 4, dtype: .bfloat16).applied(to: file).bytes == file.bytes)
    #expect(try ConfigurationPatch().applied(to: file).bytes == file.bytes)
  }

  @Test func `strange spacing, escapes and line ends stay`() throws {
    let text = "{\r\n\t\"n_layer\" :12 ,\"x\": \"\\u00e9\",  \"big\": 1.0000E+2,\r\n\"torch_dtype\":null}\r\n\r\n"
    #expect(
      try patch(text, layers: 6, dtype: .float16)
        == "{\r\n\t\"n_layer\" :6 ,\"x\": \"\\u00e9\",  \"big\": 1.0000E+2,\r\n\"torch_dtype\":\"float16\"}\r\n\r\n")
  }

  @Test func `each name of the layer count is known, the first one counts`() throws {
    for key in ConfigurationPatch.layerCountKeys {
      #expect(try patch("{\"\(key)\": 2}", layers: 3) == "{\"\(key)\": 3}")
    }
    #expect(
      try patch(#"{"num_layers": 1, "num_hidden_layers": 2}"#, layers: 3)
        == #"{"num_layers": 1, "num_hidden_layers": 3}"#)
  }

  @Test func `both names of the dtype are patched, and the older one is added if there is none`() throws {
    #expect(
      try patch(#"{"dtype": "float32", "torch_dtype": "float32"}"#, dtype: .bfloat16)
        == #"{"dtype": "bfloat16", "torch_dtype": "bfloat16"}"#)
    #expect(try patch("{\n  \"a\": 1\n}\n", dtype: .bfloat16) == "{\n  \"a\": 1,\n  \"torch_dtype\": \"bfloat16\"\n}\n")
    #expect(try patch("{}", dtype: .bfloat16) == #"{"torch_dtype": "bfloat16"}"#)
  }

  @Test func `models of several parts keep these numbers in their text configuration`() throws {
    #expect(
      try patch(#"{"vision_config": {"num_hidden_layers": 9}, "text_config": {"num_hidden_layers": 2}}"#, layers: 3)
        == #"{"vision_config": {"num_hidden_layers": 9}, "text_config": {"num_hidden_layers": 3}}"#)
  }

  @Test func `a missing layer count is an error, an outgrown list a warning`() throws {
    #expect {
      try patch("{}", layers: 3)
    } throws: { error in
      "\(error)" == folder("config.json")
        + ": the layer count changes to 3, but the configuration states none; looked for "
        + "num_hidden_layers, n_layer, n_layers, num_layers, num_decoder_layers, decoder_layers"
    }
    let text = "{\"num_hidden_layers\": 2,\n \"layer_types\": [\"full\", \"sliding\"]}"
    let file = try JSONFile(path: try folder.write("config.json", text))
    let warnings = try ConfigurationPatch(layerCount: 3).applied(to: file).warnings
    #expect(
      warnings.map { $0.rendered(text: text) } == [
        folder("config.json")
          + ":2:17: warning: layer_types has 2 elements, one for each layer, it seems; num_hidden_layers becomes 3\n"
          + "   \"layer_types\": [\"full\", \"sliding\"]}\n                  ^\n"
          + "  edit the list in the output's config.json"
      ])
  }
}
