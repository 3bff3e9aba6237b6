public import Tensors

/// Tensors that are alike but for the numbers in their names, as one line.
public struct FoldedTensors: Hashable, Sendable {
  /// The name, with sets of numbers in braces: `model.layers.{0-3}.mlp.up_proj.weight`.
  public var name: String
  /// The extents that all of them have.
  public var shape: [Int]
  /// The dtype that all of them have.
  public var dtype: DType
  /// How many they are.
  public var count: Int

  /// Folds repeated tensors of an index; every tensor is in exactly one line.
  ///
  /// Lines come in the order in which their first tensors do.
  public static func folding(_ tensors: [TensorDescription]) -> [FoldedTensors] {
    var groups: [Kind: [[Int]]] = [:]
    var order: [Kind] = []
    for tensor in tensors {
      let (pattern, numbers) = split(tensor.name)
      let kind = Kind(pattern: pattern, shape: tensor.shape, dtype: tensor.dtype)
      if groups[kind] == nil { order.append(kind) }
      groups[kind, default: []].append(numbers)
    }
    return order.flatMap { kind in
      boxes(covering: groups[kind] ?? []).map { box in
        FoldedTensors(
          name: kind.name(with: box), shape: kind.shape.dimensions, dtype: kind.dtype,
          count: box.reduce(1) { $0 * $1.count })
      }
    }
  }

  /// What tensors on one line have in common: the parts of the name between numbers, the shape, the dtype.
  private struct Kind: Hashable {
    var pattern: [String]
    var shape: Shape
    var dtype: DType

    func name(with box: [[Int]]) -> String {
      var name = pattern[0]
      for (numbers, rest) in zip(box, pattern.dropFirst()) {
        name += (numbers.count == 1 ? "\(numbers[0])" : "{\(ranges(of: numbers))}") + rest
      }
      return name
    }
  }

  /// The name's text around the components that are numbers, and those numbers.
  private static func split(_ name: String) -> (pattern: [String], numbers: [Int]) {
    var pattern = [""]
    var numbers: [Int] = []
    for (position, part) in name.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
      if position > 0 { pattern[pattern.count - 1] += "." }
      // A number with leading zeros is a name: it could not be printed back.
      if let number = Int(part), number >= 0, String(number) == part {
        numbers.append(number)
        pattern.append("")
      } else {
        pattern[pattern.count - 1] += part
      }
    }
    return (pattern, numbers)
  }

  /// Few products of number sets that together hold exactly the given tuples, all of one length.
  private static func boxes(covering tuples: [[Int]]) -> [[[Int]]] {
    guard let length = tuples.first?.count, length > 0 else { return tuples.isEmpty ? [] : [[]] }
    var rests: [Int: [[Int]]] = [:]
    for tuple in tuples { rests[tuple[0], default: []].append(Array(tuple.dropFirst())) }
    // First numbers with the same rest share its boxes.
    var alike: [[[[Int]]]: [Int]] = [:]
    for (first, rest) in rests { alike[boxes(covering: rest), default: []].append(first) }
    return alike.map { rest, firsts in (firsts.sorted(), rest) }
      .sorted { $0.0[0] < $1.0[0] }
      .flatMap { firsts, rest in rest.map { [firsts] + $0 } }
  }

  /// Sorted numbers as ranges: `0-3,7`.
  private static func ranges(of numbers: [Int]) -> String {
    var runs: [(first: Int, last: Int)] = []
    for number in numbers {
      if let run = runs.last, run.last == number - 1 {
        runs[runs.count - 1].last = number
      } else {
        runs.append((number, number))
      }
    }
    return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ",")
  }
}
