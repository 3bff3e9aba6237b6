public import Documents
internal import Tensors

extension ModelComparison {
  /// The comparison as a program reads it; what is undefined is null.
  public var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("a", .string(first)), ("b", .string(second))]
    if let base { members.append(("base", .string(base))) }
    members.append(("total", total.json))
    if base != nil {
      let shares = medianRankShares
      members.append(
        (
          "median_rank_share",
          .object([("a", .optional(shares.first)), ("b", .optional(shares.second))])
        ))
    }
    members.append(
      (
        "layers",
        .array(
          layers.map { layer in
            let group = group { $0.place.stack == layer.stack && $0.place.layer == layer.number }
            return .object(
              [
                ("stack", layer.stack.map(JSONValue.string) ?? .null),
                ("layer", layer.number.map(JSONValue.integer) ?? .null),
              ] + group.members)
          })
      ))
    members.append(
      (
        "roles",
        .array(roles.map { role in .object([("role", .string(role))] + group { $0.place.role == role }.members) })
      ))
    members.append(
      ("only_in_a", .array(onlyInFirst.map { Self.json(of: $0) })))
    members.append(("only_in_b", .array(onlyInSecond.map { Self.json(of: $0) })))
    members.append(
      (
        "reshaped",
        .array(reshaped.map { .object([("a", Self.json(of: $0.first)), ("b", Self.json(of: $0.second))]) })
      ))
    members.append(("tensors", .array(tensors.map(\.json))))
    return .object(members)
  }

  static func json(of tensor: TensorDescription) -> JSONValue {
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
