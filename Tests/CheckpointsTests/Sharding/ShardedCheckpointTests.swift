import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct ShardedCheckpointTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("one.safetensors", SafetensorsMaker.file([tensor("a"), tensor("b")]))
    try folder.write("two.safetensors", SafetensorsMaker.file([tensor("c")]))
  }

  private func tensor(_ name: String) -> (TensorDescription, [UInt8]) {
    (TensorDescription(name: name, dtype: .uint8, shape: [2]), Array(name.utf8) + [0])
  }

  /// The error for a folder with this list, without the folder's path.
  private func message(_ weightMap: String) throws -> String {
    try folder.write("model.safetensors.index.json", weightMap)
    do {
      let checkpoint = try Checkpoint.open(folder.path)
      return "tensors: " + checkpoint.index.tensors.map(\.name).joined(separator: " ")
    } catch {
      return "\(error)".split(separator: folder.path + "/").joined()
    }
  }

  @Test func `shards are read in the order of their names`() throws {
    let map =
      #"{"metadata": {"total_size": 6}, "weight_map": {"c": "two.safetensors", "b": "one.safetensors", "a": "one.safetensors"}}"#
    #expect(try message(map) == "tensors: a b c")
    let checkpoint = try Checkpoint.open(folder.path)
    #expect(checkpoint.files.map(\.name) == ["one.safetensors", "two.safetensors"])
    #expect(checkpoint.location(of: "c")?.file.name == "two.safetensors")
    #expect(try checkpoint.bytes(of: "c") == Array("c".utf8) + [0])
  }

  @Test func `a list that contradicts its shards is refused`() throws {
    let cases: [(map: String, message: String)] = [
      (
        #"{"weight_map": {"a": "one.safetensors", "b": "one.safetensors", "c": "three.safetensors"}}"#,
        "three.safetensors: this shard is listed in model.safetensors.index.json but is not there\n"
          + "  the download or the copy of the model is incomplete"
      ),
      (
        #"{"weight_map": {"a": "one.safetensors", "b": "one.safetensors", "d": "two.safetensors"}}"#,
        #"model.safetensors.index.json: the list has the tensor "d" in two.safetensors, but that file has no such tensor"#
      ),
      (
        #"{"weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}}"#,
        #"model.safetensors.index.json: the list has the tensor "b" in two.safetensors, but it is in one.safetensors"#
      ),
      (
        #"{"weight_map": {"a": "one.safetensors", "c": "two.safetensors"}}"#,
        #"model.safetensors.index.json: the list lacks the tensor "b", which is in one of its shards"#
      ),
      (
        #"{"weight_map": {"a": "../one.safetensors"}}"#,
        #"model.safetensors.index.json: line 1, column 22: the shard of "a", "../one.safetensors", "#
          + "is not a plain file name inside the folder"
      ),
      (
        #"{"weight_map": {"a": "/etc/passwd"}}"#,
        #"model.safetensors.index.json: line 1, column 22: the shard of "a", "/etc/passwd", "#
          + "is not a plain file name inside the folder"
      ),
      (
        "{\"weight_map\":\n {\"a\": 3}}",
        #"model.safetensors.index.json: line 2, column 8: the shard of "a" is a number; expected a string"#
      ),
      (
        #"{"weight_map": {"a": "one.safetensors", "a": "two.safetensors"}}"#,
        #"model.safetensors.index.json: line 1, column 41: not valid JSON: the key "a" appears twice"#
      ),
      (
        #"{"weight_map": []}"#,
        "model.safetensors.index.json: line 1, column 16: weight_map is an array; expected an object"
      ),
      (
        #"{"metadata": {}}"#,
        "model.safetensors.index.json: there is no weight_map\n  a weight index maps tensor names to shard files"
      ),
      (
        #"{"weight_map": {"a""#,
        "model.safetensors.index.json: line 1, column 20: not valid JSON: expected ':' after the key \"a\""
      ),
    ]
    for (map, expected) in cases { #expect(try message(map) == expected) }
  }

  @Test func `a tensor that lies in two shards is refused`() throws {
    try folder.write("two.safetensors", SafetensorsMaker.file([tensor("b"), tensor("c")]))
    let map = #"{"weight_map": {"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"}}"#
    #expect(try message(map) == #"two.safetensors: the tensor "b" is also in one.safetensors"#)
  }

  @Test func `a broken shard is named`() throws {
    try folder.write("two.safetensors", [1, 2, 3])
    let map = #"{"weight_map": {"a": "one.safetensors", "c": "two.safetensors"}}"#
    #expect(
      try message(map)
        == "two.safetensors: not a valid safetensors file, byte 0: the file ends after 3 bytes; "
        + "expected 8 bytes with the length of the header")
  }
}
