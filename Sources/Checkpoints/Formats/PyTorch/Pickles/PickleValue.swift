/// A value that a pickle describes; what can hold others is a number in the list of its kind, so that nothing that a
/// file nests is nested here.
enum PickleValue: Sendable {
  case none
  case truth(Bool)
  case number(Int)
  /// A whole number beyond 64 bits, in hexadecimal digits.
  case large(String)
  case real(Double)
  case text(String)
  /// So many bytes.
  case bytes(Int)
  /// A collection, by number.
  case tuple(Int)
  case list(Int)
  case set(Int)
  /// A collection of keys and values in turn, by number.
  case dictionary(Int)
  /// Something of the closed list.
  case constructor(PickleConstructor)
  /// A storage, by number.
  case storage(Int)
  /// A tensor, by number.
  case tensor(Int)
  /// A harmless object, in words.
  case object(String)
  /// A kind of tensor that cannot be read, by number.
  case refused(Int)

  /// The number of a list or tuple.
  var sequence: Int? {
    switch self {
    case .tuple(let number), .list(let number): number
    default: nil
    }
  }

  /// The text, if it is one.
  var text: String? {
    if case .text(let text) = self { return text }
    return nil
  }

  /// The number, if it is a whole one of at most 64 bits.
  var number: Int? {
    if case .number(let number) = self { return number }
    return nil
  }

  /// What it is, in a few words.
  var kind: String {
    switch self {
    case .none: "None"
    case .truth: "a truth"
    case .number, .large, .real: "a number"
    case .text: "a text"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .set: "a set"
    case .dictionary: "a dictionary"
    case .constructor: "a class or function"
    case .storage: "a storage"
    case .tensor, .refused: "a tensor"
    case .object(let words): words
    }
  }
}

/// What a pickle's values refer to by number.
struct PickleHeap {
  /// The contents of tuples, lists, sets and dictionaries.
  var collections: [[PickleValue]] = []
  /// The storages that were named.
  var storages: [PickledStorage] = []
  /// The tensors that were described.
  var tensors: [PickledTensor] = []
  /// The tensors that cannot be read: what they are, and where in the pickle.
  var refusals: [(what: String, position: Int)] = []

  /// How many collections a pickle may have. A tensor takes some ten; published checkpoints have up to fifty thousand
  /// tensors in a file.
  static let maximumCollections = 1_000_000

  /// How many values all of these have together, about.
  var size = 0
  /// How many there may be, so that a small pickle that copies what it has cannot fill the memory: twice these are 200 MB.
  /// A tensor takes some twenty.
  static let maximumSize = 2_000_000

  /// The elements of a list or tuple.
  func elements(of value: PickleValue) -> [PickleValue]? { value.sequence.map { collections[$0] } }

  /// The whole numbers in a list or tuple; nil if there is anything else, or too many.
  func numbers(of value: PickleValue, atMost limit: Int) -> [Int]? {
    guard let elements = elements(of: value), elements.count <= limit else { return nil }
    let numbers = elements.compactMap(\.number)
    return numbers.count == elements.count ? numbers : nil
  }

  /// The value that a dictionary has for a key that is a text.
  func value(of dictionary: PickleValue, for key: String) -> PickleValue? {
    guard case .dictionary(let number) = dictionary else { return nil }
    let items = collections[number]
    return stride(from: 0, to: items.count, by: 2).first { items[$0].text == key }.map { items[$0 + 1] }
  }
}

/// A storage as a pickle names it: a run of elements somewhere else in the file.
struct PickledStorage {
  /// What it is called.
  var key: String
  /// What it is made of.
  var element: TorchElement
  /// How many elements the whole has.
  var count: Int
  /// The part of it that is meant.
  var part: Range<Int>
}

/// A tensor as a pickle describes it.
struct PickledTensor {
  /// The number of its storage.
  var storage: Int
  /// What its elements are.
  var element: TorchElement
  /// The number of the element of the storage that it begins with.
  var first: Int
  /// The extents.
  var shape: [Int]
  /// How far apart neighbours along each extent lie.
  var strides: [Int]
  /// Where in the pickle it is described.
  var position: Int
}
