internal import Documents
internal import Tensors

/// Finds the tensors of a model that an adapter's names mean.
///
/// An adapter has the names of the program's modules, which may begin with a word that the checkpoint leaves out
/// (`transformer.` for GPT-2) or lack one that it has (adapters of a model without its head lack `model.`).
struct TargetNames {
  private let index: TensorIndex
  /// The names that end in a text, from a dot on; an empty text where there are several.
  private let endings: [String: String]

  init(_ index: TensorIndex) {
    self.index = index
    var endings: [String: String] = [:]
    for tensor in index.tensors {
      // Adapters lack a word or two at the front, and shorter endings than that would mean too many things.
      for rest in Self.shortened(tensor.name) {
        if endings.updateValue(tensor.name, forKey: rest) != nil { endings[rest] = "" }
      }
    }
    self.endings = endings
  }

  /// The tensor of this name, whatever the first words are; nil if there is none or more than one.
  func find(_ name: String) -> TensorDescription? {
    if let exact = index[name] { return exact }
    if let longer = endings[name], let found = index[longer] { return found }
    return Self.shortened(name).lazy.compactMap { index[$0] }.first
  }

  /// The name without its first word, and without its first two.
  private static func shortened(_ name: String) -> [String] {
    var rest = Substring(name)
    var found: [String] = []
    while found.count < 2, let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      // A parameter's name alone says nothing.
      guard rest.contains(".") else { break }
      found.append(String(rest))
    }
    return found
  }

  /// The tensor that was probably meant.
  func nearest(to name: String) -> String? {
    // Comparing takes time; what has another last word and another length is not a near name.
    let leaf = name.split(separator: ".").last
    let near = index.tensors.lazy.map(\.name)
      .filter { abs($0.utf8.count - name.utf8.count) <= 8 && $0.split(separator: ".").last == leaf }
    return NearestName.of(name, in: Array(near.prefix(2000)))
  }
}
