public import Documents
internal import Tensors

extension CheckpointSummary {
  /// The summary as a program reads it; what is not known is left out.
  public var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("path", .string(path)), ("format", .string(format)), ("parameters", .integer(parameters)),
      ("bytes", .integer(bytes)),
    ]
    if let architecture { members.append(("architecture", .string(architecture))) }
    if let layers { members.append(("layers", .integer(layers))) }
    if let tokenizer { members.append(("tokenizer", tokenizer.json)) }
    if let adapter {
      members.append(("adapter", .object([("path", .string(adapter.path)), ("tensors", .integer(adapter.tensors))])))
    }
    members.append(("dtypes", .array(dtypes.map(Self.json))))
    if !storages.isEmpty {
      members.append(
        (
          "stored",
          .array(
            storages.map {
              .object([
                ("form", .string($0.name)), ("tensors", .integer($0.tensors)), ("parameters", .integer($0.parameters)),
              ])
            })
        ))
    }
    members.append(("shards", .array(shards.map(Self.json))))
    members.append(("tensors", .array(tensors.map(Self.json))))
    return .object(members)
  }

  private static func json(of share: Share) -> JSONValue {
    .object([
      ("dtype", .string(share.dtype.rawValue)), ("tensors", .integer(share.tensors)),
      ("parameters", .integer(share.parameters)),
    ])
  }

  private static func json(of shard: Shard) -> JSONValue {
    .object([("name", .string(shard.name)), ("bytes", .integer(shard.bytes)), ("tensors", .integer(shard.tensors))])
  }

  private static func json(of tensors: FoldedTensors) -> JSONValue {
    .object([
      ("name", .string(tensors.name)), ("dtype", .string(tensors.dtype.rawValue)),
      ("shape", .array(tensors.shape.map(JSONValue.integer))), ("count", .integer(tensors.count)),
    ])
  }
}

extension TokenizerSummary {
  var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("file", .string(file))]
    if let kind { members.append(("kind", .string(kind))) }
    if let vocabularySize { members.append(("vocabulary_size", .integer(vocabularySize))) }
    return .object(members)
  }
}
