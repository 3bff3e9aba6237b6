internal import Documents
internal import Tensors

/// How tensors are spread over files, and what the files are called.
///
/// Shards are filled in the order of the tensors until the next one would pass the limit; a tensor larger than the
/// limit has a shard of its own.
struct ShardGroups {
  /// The tensors of each shard.
  let groups: [[Int]]
  private let stem: String
  private let ending: String

  /// Groups tensors after checking that their names differ and that files can hold them.
  init(
    _ tensors: [TensorDescription], limit: Int, stem: String, ending: String, reservedNames: Set<String> = []
  ) throws(CheckpointError) {
    try Self.check(tensors, reservedNames)
    var groups: [[Int]] = [[]]
    var filled = 0
    for (number, tensor) in tensors.enumerated() {
      if filled > 0, filled + tensor.byteCount > limit {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(number)
      filled += tensor.byteCount
    }
    self.groups = groups
    self.stem = stem
    self.ending = ending
  }

  /// The name of a shard's file.
  func fileName(_ number: Int) -> String {
    guard groups.count > 1 else { return "\(stem).\(ending)" }
    func digits(_ value: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "\(stem)-\(digits(number + 1))-of-\(digits(groups.count)).\(ending)"
  }

  /// The list of shards in the form that transformers reads, if there is more than one.
  func list(of tensors: [TensorDescription]) -> CheckpointLayout.ShardList? {
    guard groups.count > 1 else { return nil }
    var shards = [Int](repeating: 0, count: tensors.count)
    for (shard, group) in groups.enumerated() { for tensor in group { shards[tensor] = shard } }
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    var text = "{\n  \"metadata\": {\n    \"total_size\": \(total)\n  },\n  \"weight_map\": {\n"
    text += tensors.indices.map { number in
      "    \(JSONEdit.quote(tensors[number].name)): \(JSONEdit.quote(fileName(shards[number])))"
    }.joined(separator: ",\n")
    return CheckpointLayout.ShardList(name: "\(stem).\(ending).index.json", bytes: Array((text + "\n  }\n}\n").utf8))
  }

  /// Refuses names that stand for two things, and sizes that no file can have.
  private static func check(_ tensors: [TensorDescription], _ reservedNames: Set<String>) throws(CheckpointError) {
    var names: Set<String> = []
    var total = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw CheckpointError(
          .refused, path: "the output", "two tensors are called \(PrintableText.quoted(tensor.name))")
      }
      guard !reservedNames.contains(tensor.name) else {
        throw CheckpointError(.refused, path: "the output", "no tensor may be called \(tensor.name)")
      }
      guard let count = tensor.shape.checkedElementCount,
        case let (size, tooLarge) = count.multipliedReportingOverflow(by: tensor.dtype.byteCount), !tooLarge,
        case let (sum, overflow) = total.addingReportingOverflow(size), !overflow, sum < Int.max / 2
      else {
        throw CheckpointError(
          .refused, path: "the output", "the tensor \(PrintableText.quoted(tensor.name)) is too large: \(tensor.shape)")
      }
      total = sum
    }
  }
}
