import BraidTesting
import Checkpoints
import Documents
import Testing

/// What a configuration says of each layer follows the layers.
@Suite struct ConfigurationLayersTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func patch(
    _ text: String, module: String? = nil, isMain: Bool = true, origins: [(Int, Int)], others: [String] = []
  ) throws -> (text: String, warnings: [String]) {
    let file = try JSONFile(path: try folder.write("config.json", text))
    let models = try [file] + others.enumerated().map { try JSONFile(path: try folder.write("\($0).json", $1)) }
    var patch = ConfigurationPatch()
    patch.layers = [
      LayerChange(
        module: module, isMain: isMain, count: origins.count,
        origins: origins.map { LayerChange.Origin(model: $0.0, layer: $0.1) })
    ]
    let result = try patch.applied(to: file, models: models)
    return (String(decoding: result.bytes, as: UTF8.self), result.warnings.map(\.message))
  }

  private let stacked = [(0, 0), (0, 1), (0, 1), (0, 2)]

  @Test func `lists with an element for each layer are gathered, and the text around them stays`() throws {
    let text = """
      {
        "num_hidden_layers": 3,
        "layer_types": [
          "sliding",
          "full",
          "sliding"
        ],
        "heads": [4,8 , 16], "eos_token_id": [1, 2, 3],
        "rope": [{"a": 1}, {"a": 2}, {"a": 3}]
      }
      """
    let expected = """
      {
        "num_hidden_layers": 4,
        "layer_types": [
          "sliding",
          "full",
          "full",
          "sliding"
        ],
        "heads": [4,8,8,16], "eos_token_id": [1, 2, 3],
        "rope": [{"a": 1}, {"a": 2}, {"a": 2}, {"a": 3}]
      }
      """
    let patched = try patch(text, origins: stacked)
    #expect(patched.text == expected)
    #expect(patched.warnings.isEmpty)
  }

  @Test func `the kind of a layer comes from the model that it comes from`() throws {
    let other = #"{"num_hidden_layers": 2, "layer_types": ["full", "linear"]}"#
    let patched = try patch(
      #"{"num_hidden_layers": 2, "layer_types": ["full", "full"]}"#, origins: [(0, 0), (1, 1)], others: [other])
    #expect(patched.text == #"{"num_hidden_layers": 2, "layer_types": ["full", "linear"]}"#)
    let silent = try patch(
      #"{"num_hidden_layers": 2, "layer_types": ["full", "slow"]}"#, origins: [(0, 0), (1, 1), (1, 0)], others: ["{}"])
    #expect(silent.text == #"{"num_hidden_layers": 3, "layer_types": ["full", "slow", "full"]}"#)
  }

  @Test func `layers that stay leave the text alone`() throws {
    let text = #"{"num_hidden_layers": 2, "layer_types": ["a",  "b"], "max_window_layers": 2}"#
    #expect(try patch(text, origins: [(0, 0), (0, 1)]).text == text)
  }

  @Test(arguments: [
    (3, [0, 1, 1, 2], 4), (2, [0, 1, 1, 2], 3), (0, [0, 1, 1, 2], 0), (1, [0, 0, 1, 2], 2), (28, [0, 1, 1, 2], 28),
    (3, [0, 1], 2), (1, [1, 2], 0),
  ])
  func `thresholds count the layers before them`(old: Int, layers: [Int], new: Int) throws {
    let patched = try patch(#"{"n_layer": 3, "max_window_layers": \#(old)}"#, origins: layers.map { (0, $0) })
    #expect(patched.text == #"{"n_layer": \#(layers.count), "max_window_layers": \#(new)}"#)
    #expect(patched.warnings.isEmpty)
  }

  @Test func `slices that mix what a threshold or a period keeps apart are pointed out`() throws {
    let mixed = try patch(#"{"n_layer": 3, "first_k_dense_replace": 1}"#, origins: [(0, 0), (0, 1), (0, 0)])
    #expect(
      mixed.warnings == [
        "first_k_dense_replace is 1: the layers before it are of another kind, and the slices mix the two"
      ])
    let shifted = [(0, 0), (0, 1), (0, 0)]
    let period = try patch(#"{"n_layer": 4, "full_attention_interval": 4}"#, origins: shifted)
    #expect(period.warnings == ["full_attention_interval is 4, and the slices do not keep to that pattern"])
    #expect(
      try patch(#"{"n_layer": 4, "full_attention_interval": 2}"#, origins: [(0, 0), (0, 1), (0, 2)]).warnings == [])
    let listed = #"{"n_layer": 2, "layer_types": ["a", "b"], "full_attention_interval": 4}"#
    #expect(try patch(listed, origins: shifted).warnings == [])
  }

  @Test func `lists of layer numbers are numbered anew`() throws {
    let text = #"{"n_layer": 3, "mlp_only_layers": [0, 2]}"#
    #expect(try patch(text, origins: stacked).text == #"{"n_layer": 4, "mlp_only_layers": [0, 3]}"#)
    #expect(try patch(text, origins: [(0, 1)]).text == #"{"n_layer": 1, "mlp_only_layers": []}"#)
    let empty = #"{"n_layer": 2, "mlp_only_layers": []}"#
    #expect(
      try patch(empty, origins: [(0, 1), (1, 0)], others: [#"{"n_layer": 1, "mlp_only_layers": [0]}"#]).text
        == #"{"n_layer": 2, "mlp_only_layers": [1]}"#)
  }

  @Test func `each part has its own place`() throws {
    let sight = #"{"text_config": {"num_hidden_layers": 3}, "vision_config": {"depth": 2, "kinds": ["x", "y"]}}"#
    let grown = [(0, 0), (0, 1), (0, 1)]
    for module in ["visual", "vision_tower"] {
      #expect(
        try patch(sight, module: module, isMain: false, origins: grown).text
          == #"{"text_config": {"num_hidden_layers": 3}, "vision_config": {"depth": 3, "kinds": ["x", "y", "y"]}}"#)
    }
    #expect(
      try patch(sight, module: "text_decoder", origins: stacked).text
        == #"{"text_config": {"num_hidden_layers": 4}, "vision_config": {"depth": 2, "kinds": ["x", "y"]}}"#)
    let t5 = #"{"num_layers": 2, "num_decoder_layers": 3}"#
    #expect(try patch(t5, module: "decoder", origins: stacked).text == #"{"num_layers": 2, "num_decoder_layers": 4}"#)
    #expect(
      try patch(t5, module: "encoder", isMain: false, origins: grown).text
        == #"{"num_layers": 3, "num_decoder_layers": 3}"#)
    let whisper = #"{"encoder_layers": 2, "num_hidden_layers": 2, "decoder_layers": 2}"#
    #expect(
      try patch(whisper, module: "encoder", isMain: false, origins: grown).text
        == #"{"encoder_layers": 3, "num_hidden_layers": 3, "decoder_layers": 2}"#)
    #expect(
      try patch(whisper, module: "decoder", origins: grown).text
        == #"{"encoder_layers": 2, "num_hidden_layers": 2, "decoder_layers": 3}"#)
    #expect {
      try patch("{}", module: "visual", isMain: false, origins: grown)
    } throws: { error in
      "\(error)".contains("the layer count of visual changes to 3, but the configuration states none")
    }
  }

  @Test func `the size of the vocabulary is stated where it is stated`() throws {
    let file = try JSONFile(
      path: try folder.write("config.json", #"{"vocab_size": 10, "text_config": {"vocab_size": 10, "x": 10}}"#))
    var patch = ConfigurationPatch()
    patch.vocabularySize = 8
    #expect(
      String(decoding: try patch.applied(to: file).bytes, as: UTF8.self)
        == #"{"vocab_size": 8, "text_config": {"vocab_size": 8, "x": 10}}"#)
  }
}
