internal import Documents

/// The tensors of what `torch.save` was given, by name, and what lies beside them in words.
///
/// A state dict is found under the names that training scripts put it under; what those leave beside it (the
/// optimizer, the epoch) is told in words, its tensors too. Other nesting becomes names with dots.
struct StateDict {
  /// A tensor and its name.
  struct Entry {
    var name: String
    var tensor: PickledTensor
  }

  /// The tensors, in the order of the dictionary.
  private(set) var entries: [Entry] = []
  /// What else is there, in words.
  private(set) var remarks: [Metadatum] = []

  private let heap: PickleHeap
  /// Where in the file the pickle begins, if it has a place there.
  private let start: Int?
  private let file: UntrustedBytes
  private var visited = 0
  private var nameLength = 0
  private var untold = 0

  /// What training scripts call the state dict in what they save; Lightning, fairseq, timm, DeepSpeed and others.
  private static let wrappers = ["state_dict", "model_state_dict", "model", "module"]
  /// What data parallelism puts in front of every name.
  private static let parallelPrefix = "module."
  /// How deep dictionaries may be nested, which is as deep as names have parts.
  private static let maximumDepth = 64
  /// How many values may be looked at; a value in two places counts twice.
  private static let maximumVisits = 1_000_000
  /// The longest name, and how long all of them may be together.
  private static let maximumName = 1024
  private static let maximumNames = 16 << 20
  /// How many remarks are made before the rest is only counted.
  private static let maximumRemarks = 1000

  /// Finds the tensors in a pickle's value.
  init(_ root: PickleValue, heap: PickleHeap, start: Int?, file: UntrustedBytes) throws(FormatError) {
    self.heap = heap
    self.start = start
    self.file = file
    if let path = wrapperPath(of: root) {
      try walk(root, path: path)
    } else {
      try walk(root, path: [])
    }
    if untold > 0 { remarks.append(Metadatum(key: "…", value: "\(untold) more values beside the tensors")) }
    if !entries.isEmpty, entries.allSatisfy({ $0.name.hasPrefix(Self.parallelPrefix) }) {
      for index in entries.indices { entries[index].name.removeFirst(Self.parallelPrefix.count) }
    }
  }

  // MARK: Wrappers

  /// The keys under which the state dict lies; nil if the value is one, or has none of the usual keys.
  private func wrapperPath(of root: PickleValue) -> [String]? {
    var path: [String] = []
    var value = root
    while path.count < Self.wrappers.count {
      if holdsTensors(value) { return path.isEmpty ? nil : path }
      guard let key = Self.wrappers.first(where: { isDictionary(heap.value(of: value, for: $0)) }),
        let inner = heap.value(of: value, for: key)
      else { return nil }
      path.append(key)
      value = inner
    }
    return holdsTensors(value) ? path : nil
  }

  private func isDictionary(_ value: PickleValue?) -> Bool { if case .dictionary? = value { true } else { false } }

  private func holdsTensors(_ value: PickleValue) -> Bool {
    guard case .dictionary(let number) = value else { return false }
    return heap.collections[number].contains {
      switch $0 {
      case .tensor, .refused: true
      default: false
      }
    }
  }

  // MARK: The walk

  /// A collection that is being walked through, and how far.
  private struct Frame {
    var collection: Int
    var isDictionary: Bool
    var next = 0
    /// Whether this is the state dict or inside it.
    var isModel: Bool
  }

  /// Visits everything below a value.
  ///
  /// - Parameter path: the keys that lead to the state dict; they do not become part of names.
  private mutating func walk(_ root: PickleValue, path: [String]) throws(FormatError) {
    var frames: [Frame] = []
    var names: [String] = []
    if let frame = try frame(of: root, isModel: path.isEmpty) {
      frames.append(frame)
    } else {
      try take(root, names: ["tensor"], isModel: true)
    }
    while let frame = frames.last {
      let items = heap.collections[frame.collection]
      guard frame.next < items.count else {
        frames.removeLast()
        _ = names.popLast()
        continue
      }
      frames[frames.count - 1].next += frame.isDictionary ? 2 : 1
      let name = frame.isDictionary ? try key(items[frame.next]) : String(frame.next)
      let value = items[frame.next + (frame.isDictionary ? 1 : 0)]
      names.append(name)
      let leads = !frame.isModel && names.count <= path.count && names.elementsEqual(path.prefix(names.count))
      if let inner = try self.frame(of: value, isModel: frame.isModel || leads && names.count == path.count) {
        guard names.count <= Self.maximumDepth else {
          throw file.fault(
            at: start, "containers in containers, \(names.count) deep and more, or one inside itself",
            expected: "\(Self.maximumDepth) at the most")
        }
        frames.append(inner)
      } else {
        try take(value, names: frame.isModel ? Array(names.dropFirst(path.count)) : names, isModel: frame.isModel)
        names.removeLast()
      }
    }
  }

  /// How to walk through a value; nil if it is not a collection, or one without anything to find in it.
  private mutating func frame(of value: PickleValue, isModel: Bool) throws(FormatError) -> Frame? {
    visited += 1
    switch value {
    case .dictionary(let number) where !heap.collections[number].isEmpty:
      try checkVisits()
      return Frame(collection: number, isDictionary: true, isModel: isModel)
    case .list(let number), .tuple(let number):
      visited += heap.collections[number].count
      try checkVisits()
      let isPlain = heap.collections[number].allSatisfy { element in
        switch element {
        case .dictionary, .list, .tuple, .set, .tensor, .refused: false
        default: true
        }
      }
      return isPlain ? nil : Frame(collection: number, isDictionary: false, isModel: isModel)
    default:
      try checkVisits()
      return nil
    }
  }

  private func checkVisits() throws(FormatError) {
    guard visited <= Self.maximumVisits else {
      throw file.fault(
        at: start, "more than \(Self.maximumVisits) values, some perhaps in many places", expected: "a state dict")
    }
  }

  private func key(_ value: PickleValue) throws(FormatError) -> String {
    switch value {
    case .text(let text): text
    case .number(let number): String(number)
    default: describe(value)
    }
  }

  // MARK: Findings

  private mutating func take(_ value: PickleValue, names: [String], isModel: Bool) throws(FormatError) {
    var isTensor = false
    switch value {
    case .tensor, .refused: isTensor = true
    default: break
    }
    guard isTensor && isModel else {
      guard remarks.count < Self.maximumRemarks else { return untold += 1 }
      let key = PrintableText.of(names.suffix(8).joined(separator: "."))
      return remarks.append(Metadatum(key: key, value: describe(value)))
    }
    let length = names.reduce(names.count - 1) { $0 + $1.utf8.count }
    nameLength += length
    guard length <= Self.maximumName, nameLength <= Self.maximumNames else {
      throw file.fault(
        at: start, "a name of \(length) bytes, or too many long ones", expected: "\(Self.maximumName) at the most")
    }
    let name = names.joined(separator: ".")
    switch value {
    case .tensor(let number): entries.append(Entry(name: name, tensor: heap.tensors[number]))
    case .refused(let number):
      let refusal = heap.refusals[number]
      throw file.fault(
        at: start.map { $0 + refusal.position }, tensor: name, "\(refusal.what), which cannot be read",
        expected: "a dense tensor of numbers")
    default: break
    }
  }

  /// A value in a few words.
  private func describe(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .truth(let truth): truth ? "True" : "False"
    case .number(let number): String(number)
    case .large(let digits): "0x" + digits
    case .real(let number): String(number)
    case .text(let text): PrintableText.of(text)
    case .bytes(let count): "\(count) bytes"
    case .tuple(let number), .list(let number), .set(let number):
      "[" + heap.collections[number].prefix(8).map(shortly).joined(separator: ", ")
        + (heap.collections[number].count > 8 ? ", … \(heap.collections[number].count) in all]" : "]")
    case .dictionary(let number):
      heap.collections[number].isEmpty ? "{}" : "a dictionary of \(heap.collections[number].count / 2)"
    case .constructor(.dtype(let element)): element.name
    case .constructor: "a type"
    case .storage(let number): "a storage of \(heap.storages[number].count) elements"
    case .tensor(let number):
      "a tensor, \(heap.tensors[number].element.name) \(heap.tensors[number].shape), beside the weights"
    case .refused(let number): heap.refusals[number].what + ", beside the weights"
    case .object(let words): words
    }
  }

  private func shortly(_ value: PickleValue) -> String {
    switch value {
    case .tuple, .list, .set, .dictionary: value.kind
    default: String(describe(value).prefix(24))
    }
  }
}
