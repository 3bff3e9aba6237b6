internal import Tensors

/// What the weights of a `tf_model.h5` are called in PyTorch, and how their extents lie there.
///
/// Hugging Face's TensorFlow models were written by Keras 2: a group for each layer of the model, and in it the
/// weights under their full names, scope by scope. `bert/tf_bert_model/bert/encoder/layer_._0/output/dense/kernel:0`
/// is `bert.encoder.layer.0.output.dense.weight`, transposed.
enum TensorFlowNames {
  /// A weight in PyTorch's terms.
  struct Weight: Equatable {
    var name: String
    /// Which stored extent each extent is; nil if they stay.
    var permutation: [Int]?
    /// Whether a leading extent of one is dropped.
    var dropsLeadingOne = false
  }

  /// What marks scopes that only Hugging Face's models have.
  static func areUsed(in names: some Sequence<String>) -> Bool { names.contains { $0.contains("_._") } }

  /// The weight that a dataset is.
  static func weight(at path: String, shape: Shape) -> Weight {
    var scopes = path.split(separator: "/").map(String.init)
    let layer = scopes.count > 1 ? scopes.removeFirst() : nil
    // The scope of the whole model, which PyTorch has no name for. Files of single layers begin with the layer's.
    if scopes.count > 1, scopes[0] != layer { scopes.removeFirst() }
    if let last = scopes.last, let colon = last.lastIndex(of: ":"), last[colon...].dropFirst().allSatisfy(\.isNumber) {
      scopes[scopes.count - 1] = String(last[..<colon])
    }
    // "mlm___cls" is the scope of the attribute cls; "layer_._0" stands for two scopes.
    scopes = scopes.flatMap { scope in
      let attribute = parts(of: scope, separator: "___").last ?? scope
      return parts(of: attribute, separator: "_._")
    }
    let rank = shape.dimensions.count
    let kind = scopes.last ?? ""
    var weight = Weight(name: "")
    switch kind {
    case "kernel", "pointwise_kernel", "depthwise_kernel": weight.permutation = kernel(rank)
    case "bias" where rank == 2 && shape.dimensions[0] == 1:
      // GPT-2's one-dimensional convolutions keep their bias as a row.
      weight.dropsLeadingOne = true
    default: break
    }
    let renamed = [
      "kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
      "moving_variance": "running_var", "pointwise_kernel": "pointwise.weight", "depthwise_kernel": "depthwise.weight",
    ]
    if let name = renamed[kind] { scopes[scopes.count - 1] = name }
    weight.name = scopes.joined(separator: ".")
    return weight
  }

  /// Where the extents of a kernel come from: TensorFlow has places first, inputs and outputs last; PyTorch outputs,
  /// inputs, places.
  private static func kernel(_ rank: Int) -> [Int]? {
    rank < 2 ? nil : [rank - 1, rank - 2] + Array(0..<rank - 2)
  }

  private static func parts(of text: String, separator: String) -> [String] {
    var parts: [String] = []
    var rest = Substring(text)
    while let end = rest.firstOccurrence(of: separator) {
      parts.append(String(rest[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return (parts + [String(rest)]).filter { !$0.isEmpty }
  }
}

extension Substring {
  /// Where a text occurs first; the standard library's search belongs to a module that is not needed otherwise.
  fileprivate func firstOccurrence(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<(index(start, offsetBy: text.count)) }
      start = index(after: start)
    }
    return nil
  }
}
