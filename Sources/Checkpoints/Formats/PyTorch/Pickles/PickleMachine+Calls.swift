internal import Documents

/// What the constructors of the closed list make.
extension PickleMachine {
  /// The result of a call.
  mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws(FormatError) -> PickleValue {
    guard case .constructor(var constructor) = callee, case .tuple(let number) = arguments else {
      throw fault("a call of \(callee.kind)", expected: "a constructor and a tuple of its arguments")
    }
    var values = heap.collections[number]
    if constructor == .rebuildFromType {
      // The function, the type, the function's arguments, and attributes, which are of no interest.
      guard values.count >= 3, case .constructor(let inner) = values[0], inner != .rebuildFromType,
        case .tuple(let innerArguments) = values[2]
      else { throw fault("a tensor with attributes that is not made of a tensor") }
      (constructor, values) = (inner, heap.collections[innerArguments])
    }
    switch constructor {
    case .rebuildTensor(let version): return try tensor(version, values)
    case .parameter: return try parameter(values)
    case .dictionary: return try dictionary(values)
    case .set: return .set(collect(values.first.flatMap(heap.elements) ?? []))
    case .same:
      guard let value = values.first else { throw fault("a call without an argument") }
      return value
    case .named(let kind):
      return .object(kind + (values.first?.text.map { " " + PrintableText.of($0, limit: 40) } ?? ""))
    case .bytes:
      guard case .text(let text)? = values.first else { return .bytes(0) }
      return .bytes(text.utf8.count)
    case .scriptClass:
      let object = collect([])
      scriptObjects.insert(object)
      return .dictionary(object)
    case .refused(let kind): return refuse(kind)
    case .tensorType, .storageType, .dtype, .rebuildFromType:
      throw fault("a call of a type", expected: "one of the functions that make tensors")
    }
  }

  private mutating func refuse(_ what: String) -> PickleValue {
    heap.size += 1
    heap.refusals.append((what, opcodePosition))
    return .refused(heap.refusals.count - 1)
  }

  private mutating func tensor(_ version: Int, _ values: [PickleValue]) throws(FormatError) -> PickleValue {
    guard values.count >= 4, case .storage(let storage) = values[0], let first = values[1].number, first >= 0,
      let shape = heap.numbers(of: values[2], atMost: Self.maximumRank),
      let strides = heap.numbers(of: values[3], atMost: Self.maximumRank), shape.count == strides.count,
      shape.allSatisfy({ $0 >= 0 })
    else { throw fault("a tensor that is not described as one", expected: "a storage, an offset, a shape and strides") }
    var element = heap.storages[storage].element
    if version == 3 {
      guard values.count >= 7, case .constructor(.dtype(let given)) = values[6] else {
        throw fault("a tensor without a dtype")
      }
      element = given
    }
    // Conjugation and negation may be pending; the elements alone would be wrong.
    if let pending = values.dropFirst(version == 3 ? 7 : 6).first, case .dictionary(let number) = pending {
      let flags = heap.collections[number]
      if flags.count > 4 || flags.contains(where: { if case .truth(true) = $0 { true } else { false } }) {
        return refuse("a view whose conjugation or negation is pending")
      }
    }
    guard element.dtype != nil else { return refuse("a tensor of \(element.name)") }
    heap.size += 2 * shape.count + 4
    heap.tensors.append(
      PickledTensor(
        storage: storage, element: element, first: first, shape: shape, strides: strides, position: opcodePosition))
    return .tensor(heap.tensors.count - 1)
  }

  /// How many extents a tensor has at the most: what `at::TensorIterator` allows.
  private static let maximumRank = 64

  private func parameter(_ values: [PickleValue]) throws(FormatError) -> PickleValue {
    switch values.first {
    case .tensor, .refused: return values[0]
    default: throw fault("a parameter without a tensor")
    }
  }

  /// A dictionary, empty or of pairs.
  private mutating func dictionary(_ values: [PickleValue]) throws(FormatError) -> PickleValue {
    guard let first = values.first else { return .dictionary(collect([])) }
    if case .dictionary = first { return first }
    guard let pairs = heap.elements(of: first) else { throw fault("a dictionary of \(first.kind)") }
    var items: [PickleValue] = []
    for pair in pairs {
      guard let both = heap.elements(of: pair), both.count == 2 else { throw fault("a key without a value") }
      items += both
    }
    return .dictionary(collect(items))
  }

  /// Sets attributes: those of a TorchScript object are its content, those of a dictionary or a tensor are notes.
  mutating func build(_ state: PickleValue) throws(FormatError) {
    let object = try pop()
    switch object {
    case .dictionary(let number):
      if scriptObjects.contains(number), case .dictionary(let attributes) = state {
        add(heap.collections[attributes], to: number)
      }
    case .tensor, .refused: break
    default: throw fault("attributes for \(object.kind)", expected: "a dictionary or a tensor")
    }
    push(object)
  }

  /// The storage that a persistent identifier names: `('storage', type, key, location, count)`, and in files before
  /// version 1.6 the part of it that is meant.
  mutating func storage(named identifier: PickleValue) throws(FormatError) -> PickleValue {
    guard let values = heap.elements(of: identifier), let kind = values.first?.text else {
      throw fault("a reference that names nothing", expected: "a storage")
    }
    if kind == "module" {
      throw fault("a module with its class and source", expected: "a state dict, which has tensors only")
    }
    guard kind == "storage", values.count >= 5, case .constructor(.storageType(let element)) = values[1],
      let key = values[2].text, let count = values[4].number, count >= 0,
      !count.multipliedReportingOverflow(by: element.size).overflow
    else { throw fault("a reference that does not name a storage", expected: "its type, key, location and size") }
    var part = 0..<count
    if values.count > 5, let view = heap.elements(of: values[5]) {
      guard view.count == 3, let first = view[1].number, let length = view[2].number, first >= 0, length >= 0,
        first <= count, length <= count - first
      else { throw fault("a part of storage \(PrintableText.quoted(key)) that lies outside it") }
      part = first..<first + length
    }
    heap.size += 4
    heap.storages.append(PickledStorage(key: key, element: element, count: count, part: part))
    return .storage(heap.storages.count - 1)
  }
}
