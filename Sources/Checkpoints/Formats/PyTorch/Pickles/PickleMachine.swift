internal import Documents

/// Runs the program that a pickle is, on values that are only described.
///
/// There is no Python behind it: a name means something on the closed list of ``PickleConstructor`` or is an error.
/// The stack, the memo and the number of steps are limited, and no loop or recursion is the file's to choose.
struct PickleMachine {
  /// What the values refer to.
  var heap = PickleHeap()
  /// Where the next opcode is.
  private(set) var position: Int
  /// Where the current opcode is.
  private(set) var opcodePosition: Int

  private let bytes: UntrustedBytes
  private let start: Int?
  private let isScript: Bool
  var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  var scriptObjects: Set<Int> = []

  /// How many opcodes a pickle may have; a tensor takes some sixty, so that this is for more than a hundred thousand.
  private static let maximumSteps = 10_000_000
  /// How much may lie on the stack. Python's pickler puts down its collections after a thousand elements, except for
  /// tuples.
  private static let maximumDepth = 1_000_000
  /// How much may be remembered; Python's pickler remembers some ten things for a tensor.
  private static let maximumMemo = 1_000_000

  /// Prepares to run the pickle at a position.
  ///
  /// - Parameters:
  ///   - bytes: what the pickle lies in.
  ///   - start: where in the file these bytes begin, if they have a place there.
  init(_ bytes: UntrustedBytes, at position: Int = 0, start: Int?, isScript: Bool = false) {
    self.bytes = bytes
    self.position = position
    opcodePosition = position
    self.start = start
    self.isScript = isScript
  }

  /// Runs the pickle to its end and gives what it describes.
  mutating func run() throws(FormatError) -> PickleValue {
    for _ in 0..<Self.maximumSteps {
      opcodePosition = position
      let code = try take(1)[0]
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw fault(
          "the opcode 0x\(String(code, radix: 16))", expected: "one of protocols 2 to 5 that describes data")
      }
      if opcode == .stop { return try pop() }
      try execute(opcode)
      guard stack.count <= Self.maximumDepth, marks.count <= Self.maximumDepth, memo.count <= Self.maximumMemo,
        heap.collections.count <= PickleHeap.maximumCollections, heap.size <= PickleHeap.maximumSize
      else { throw fault("more values than a checkpoint has", expected: "at most \(Self.maximumDepth) at a time") }
    }
    throw fault("a pickle without an end", expected: "at most \(Self.maximumSteps) opcodes")
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(FormatError) {
    switch opcode {
    case .protocolVersion:
      let version = try take(1)[0]
      guard (2...5).contains(version) else { throw fault("pickle protocol \(version)", expected: "2 to 5") }
    case .frame: _ = try take(8)
    case .stop: break
    case .mark: marks.append(stack.count)
    case .pop: if stack.count == marks.last { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .duplicate: try push(top())
    case .none: push(.none)
    case .newTrue: push(.truth(true))
    case .newFalse: push(.truth(false))
    case .binaryInteger: push(.number(Int(Int32(truncatingIfNeeded: try takeCount(4)))))
    case .binaryInteger1: push(.number(try takeCount(1)))
    case .binaryInteger2: push(.number(try takeCount(2)))
    case .long1: try pushLong(try takeCount(1))
    case .long4: try pushLong(try takeCount(4))
    case .binaryFloat:
      push(.real(Double(bitPattern: UInt64(bigEndian: try take(8).loadUnaligned(as: UInt64.self)))))
    case .shortBinaryString, .shortUnicode: try pushText(try takeCount(1))
    case .binaryString, .unicode: try pushText(try takeCount(4))
    case .unicode8: try pushText(try takeCount(8))
    case .shortBytes: push(.bytes(try take(try takeCount(1)).count))
    case .bytes: push(.bytes(try take(try takeCount(4)).count))
    case .bytes8, .byteArray8: push(.bytes(try take(try takeCount(8)).count))
    case .put: memo[try takeCount(1)] = try top()
    case .longPut: memo[try takeCount(4)] = try top()
    case .memoize: memo[memo.count] = try top()
    case .get: try recall(try takeCount(1))
    case .longGet: try recall(try takeCount(4))
    case .emptyTuple: push(.tuple(collect([])))
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .tuple: push(.tuple(collect(try popToMark())))
    case .emptyList: push(.list(collect([])))
    case .list: push(.list(collect(try popToMark())))
    case .emptySet: push(.set(collect([])))
    case .frozenSet: push(.set(collect(try popToMark())))
    case .emptyDictionary: push(.dictionary(collect([])))
    case .dictionary: push(.dictionary(collect(try pairs(try popToMark()))))
    case .append: try extend([try pop()])
    case .appends, .addItems: try extend(try popToMark())
    case .setItem:
      let value = try pop()
      try setItems([try pop(), value])
    case .setItems: try setItems(try popToMark())
    case .global: try pushGlobal()
    case .stackGlobal:
      guard let name = try pop().text, let module = try pop().text else { throw fault("a name that is not a text") }
      try push(module: module, name: name)
    case .reduce, .newObject:
      let arguments = try pop()
      let callee = try pop()
      push(try call(callee, arguments))
    case .build: try build(try pop())
    case .persistentID: push(try storage(named: try pop()))
    }
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(FormatError) -> UnsafeRawBufferPointer {
    guard let taken = bytes.slice(at: position, count: count) else {
      throw fault("a pickle that is cut short", expected: "\(count) more bytes where \(bytes.count - position) follow")
    }
    position += count
    return taken
  }

  /// A little-endian number of so many bytes.
  private mutating func takeCount(_ size: Int) throws(FormatError) -> Int {
    var number: UInt64 = 0
    for byte in try take(size).reversed() { number = number << 8 | UInt64(byte) }
    guard let count = Int(exactly: number) else { throw fault("a length of \(number) bytes") }
    return count
  }

  private mutating func pushText(_ count: Int) throws(FormatError) {
    push(.text(String(decoding: try take(count), as: UTF8.self)))
  }

  private mutating func pushLong(_ count: Int) throws(FormatError) {
    let digits = try take(count)
    guard count > 8 else {
      var number: UInt64 = (digits.last ?? 0) >= 0x80 ? .max : 0
      for byte in digits.reversed() { number = number << 8 | UInt64(byte) }
      return push(.number(Int(truncatingIfNeeded: number)))
    }
    // Only its first digits are ever shown or compared.
    let hexadecimal = digits.reversed().prefix(32).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    push(.large(hexadecimal.joined()))
  }

  private mutating func takeLine() throws(FormatError) -> String {
    let rest = UnsafeRawBufferPointer(rebasing: bytes.bytes[position...].prefix(Self.longestName))
    guard let end = rest.firstIndex(of: 0x0A) else { throw fault("a name without an end") }
    position += end + 1
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  /// The longest name of a module or a class that is looked at.
  private static let longestName = 1024

  // MARK: The stack

  mutating func push(_ value: PickleValue) { stack.append(value) }

  private func top() throws(FormatError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw fault("an opcode without its values") }
    return value
  }

  mutating func pop() throws(FormatError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popToMark() throws(FormatError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault("an opcode without its mark") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func pushTuple(_ count: Int) throws(FormatError) {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("an opcode without its values") }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    push(.tuple(collect(values)))
  }

  private mutating func recall(_ index: Int) throws(FormatError) {
    guard let value = memo[index] else { throw fault("value \(index), which was not remembered") }
    push(value)
  }

  mutating func collect(_ values: [PickleValue]) -> Int {
    heap.collections.append(values)
    heap.size += values.count
    return heap.collections.count - 1
  }

  mutating func add(_ values: [PickleValue], to collection: Int) {
    heap.collections[collection] += values
    heap.size += values.count
  }

  private mutating func extend(_ values: [PickleValue]) throws(FormatError) {
    switch try top() {
    case .list(let number), .set(let number): add(values, to: number)
    case let other: throw fault("elements for \(other.kind)", expected: "a list or a set")
    }
  }

  private mutating func setItems(_ items: [PickleValue]) throws(FormatError) {
    guard case .dictionary(let number) = try top() else {
      throw fault("keys and values for \(try top().kind)", expected: "a dictionary")
    }
    add(try pairs(items), to: number)
  }

  private func pairs(_ items: [PickleValue]) throws(FormatError) -> [PickleValue] {
    guard items.count.isMultiple(of: 2) else { throw fault("a key without a value") }
    return items
  }

  // MARK: Names

  private mutating func pushGlobal() throws(FormatError) {
    let module = try takeLine()
    try push(module: module, name: try takeLine())
  }

  private mutating func push(module: String, name: String) throws(FormatError) {
    guard let constructor = PickleConstructor(module: module, name: name, isScript: isScript) else {
      throw fault(
        "the name \(PrintableText.quoted(module + "." + name)), which no tensor needs; it was not run",
        expected: "a state dict")
    }
    push(.constructor(constructor))
  }

  // MARK: Errors

  /// What is wrong with the current opcode.
  func fault(_ found: String, expected: String? = nil) -> FormatError {
    bytes.fault(at: start.map { $0 + opcodePosition }, found, expected: expected)
  }
}
