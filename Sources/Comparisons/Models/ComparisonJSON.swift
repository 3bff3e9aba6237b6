public import Documents
internal import Tensors

extension ModelComparison {
  /// The comparison as a program reads it; what is undefined is null.
  public var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("a", .string(first)), ("b", .string(second))]
    if let base { members.append(("base", .string(base))) }
    members.append(("total", total.json))
    if base != nil {
      let (first, second) = medianRankShares
      members.append(("median_rank_share", .object([("a", .optional(first)), ("b", .optional(second))])))
    }
    let layers = layers.map { layer, group in
      let place: [(key: String, value: JSONValue)] = [
        ("stack", layer.stack.map(JSONValue.string) ?? .null), ("layer", layer.number.map(JSONValue.integer) ?? .null),
      ]
      return JSONValue.object(place + group.members)
    }
    let reshaped = reshaped.map { tensor in
      JSONValue.object([("a", Self.json(of: tensor.first)), ("b", Self.json(of: tensor.second))])
    }
    members += [
      ("layers", .array(layers)),
      ("roles", .array(roles.map { .object([("role", .string($0.role))] + $0.group.members) })),
      ("only_in_a", .array(onlyInFirst.map(Self.json))), ("only_in_b", .array(onlyInSecond.map(Self.json))),
      ("reshaped", .array(reshaped)), ("tensors", .array(tensors.map(\.json))),
    ]
    return .object(members)
  }

  private static func json(of tensor: TensorDescription) -> JSONValue {
    .object([
      ("name", .string(tensor.name)), ("dtype", .string(tensor.dtype.rawValue)),
      ("shape", .array(tensor.shape.dimensions.map(JSONValue.integer))),
    ])
  }
}

extension ModelComparison.Group {
  var members: [(key: String, value: JSONValue)] {
    [("tensors", .integer(count))] + difference.members
      + (taskVectors.map { [("task_vectors", .object($0.members))] } ?? [])
  }

  var json: JSONValue { .object(members) }
}

extension TensorComparison {
  var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("name", .string(name)), ("shape", .array(first.shape.dimensions.map(JSONValue.integer))),
      ("dtype_a", .string(first.dtype.rawValue)), ("dtype_b", .string(second.dtype.rawValue)),
      ("layer", place.layer.map(JSONValue.integer) ?? .null), ("role", .string(place.role)),
    ]
    members += difference.members
    if let taskVectors { members.append(("task_vectors", .object(taskVectors.members))) }
    if let ranks {
      members.append(("stable_rank_a", .optional(ranks.first)))
      members.append(("stable_rank_b", .optional(ranks.second)))
    }
    if isTooLargeToRank { members.append(("too_large_to_rank", .bool(true))) }
    return .object(members)
  }
}
