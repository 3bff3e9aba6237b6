import Documents

/// A JSON file of a model, whose values know where they stand in it.
struct ModelDocument: Sendable {
  let file: String
  let bytes: [UInt8]

  /// Parses a file.
  ///
  /// - Parameter file: the name for diagnostics.
  static func parse(_ bytes: [UInt8], file: String) throws(ModelError) -> ModelValue {
    let document = ModelDocument(file: file, bytes: bytes)
    do throws(JSONError) {
      return ModelValue(node: try JSONParser.parse(bytes), path: "", document: document)
    } catch {
      throw document.failure(atByte: error.offset, "not valid JSON: \(error.message)")
    }
  }

  func failure(atByte offset: Int, _ message: String, hint: String? = nil) -> ModelError {
    let position = SourcePosition(byteOffset: offset, in: bytes)
    // The line itself helps only where lines are for people; a whole vocabulary in one line does not.
    let text = bytes.count <= 1 << 20 ? String(decoding: bytes, as: UTF8.self) : nil
    return .file(Diagnostic(.error, file: file, at: position, message, hint: hint), text: text)
  }
}

/// A value of a model's file, with the path of keys that leads to it; everything read from it is checked.
struct ModelValue: Sendable {
  let node: JSONNode
  let path: String
  let document: ModelDocument

  /// An error about this value.
  func failure(_ message: String, hint: String? = nil) -> ModelError {
    document.failure(
      atByte: node.range.lowerBound, path.isEmpty ? message : "\(path): \(message)", hint: hint)
  }

  private func mismatch(_ expected: String) -> ModelError { failure("expected \(expected), found \(node.kind)") }

  /// Whether this is an object.
  var isObject: Bool { node.object != nil }

  /// Whether this is an array.
  var isArray: Bool { node.array != nil }

  // MARK: Members

  /// The member with this key, unless it is absent or null.
  subscript(key: String) -> ModelValue? {
    guard let member = node[key], !member.isNull else { return nil }
    return ModelValue(node: member, path: path.isEmpty ? key : "\(path).\(key)", document: document)
  }

  /// Whether there is a member with this key, be it null.
  func mentions(_ key: String) -> Bool { node[key] != nil }

  /// The member with this key.
  func member(_ key: String) throws(ModelError) -> ModelValue {
    guard node.object != nil else { throw mismatch("an object") }
    guard let member = self[key] else { throw failure("the key \"\(key)\" is missing") }
    return member
  }

  /// The members of an object, in the order of the file.
  func members() throws(ModelError) -> [(key: String, value: ModelValue)] {
    guard let members = node.object else { throw mismatch("an object") }
    return members.map { ($0.key, ModelValue(node: $0.node, path: "\(path).\($0.key)", document: document)) }
  }

  /// The elements of an array.
  func elements() throws(ModelError) -> [ModelValue] {
    guard let elements = node.array else { throw mismatch("an array") }
    return elements.enumerated().map { ModelValue(node: $1, path: "\(path)[\($0)]", document: document) }
  }

  // MARK: Simple values

  func string() throws(ModelError) -> String {
    guard let text = node.string else { throw mismatch("a string") }
    return text
  }

  func bool() throws(ModelError) -> Bool {
    guard let flag = node.bool else { throw mismatch("a boolean") }
    return flag
  }

  func integer(in range: ClosedRange<Int>) throws(ModelError) -> Int {
    guard case .number(let digits) = node.value else { throw mismatch("a whole number") }
    guard let value = Int(digits) else { throw failure("expected a whole number, found \(digits)") }
    guard range.contains(value) else {
      throw failure("\(value) is out of range; expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A finite number; `positive` excludes zero and below.
  func number(positive: Bool = false) throws(ModelError) -> Double {
    guard let value = node.double else { throw mismatch("a number") }
    guard value.isFinite else { throw failure("the number is too large") }
    guard !positive || value > 0 else { throw failure("expected a number above zero, found \(value)") }
    return value
  }

  // MARK: Members of one kind, with what holds when they are absent

  func string(_ key: String) throws(ModelError) -> String? { try self[key]?.string() }

  func bool(_ key: String, default value: Bool) throws(ModelError) -> Bool { try self[key]?.bool() ?? value }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int {
    try member(key).integer(in: range)
  }

  func integer(_ key: String, in range: ClosedRange<Int>, default value: Int) throws(ModelError) -> Int {
    try self[key]?.integer(in: range) ?? value
  }

  func number(_ key: String, positive: Bool = false, default value: Double) throws(ModelError) -> Double {
    try self[key]?.number(positive: positive) ?? value
  }

  /// The value of `type` among the known ones; anything else is an error that lists them.
  func kind<Kind: RawRepresentable & CaseIterable>(
    _ key: String = "type", of what: String
  ) throws(ModelError) -> Kind where Kind.RawValue == String {
    let name = try member(key)
    let text = try name.string()
    guard let kind = Kind(rawValue: text) else {
      throw name.unknown(what, text, known: Kind.allCases.map(\.rawValue))
    }
    return kind
  }

  /// An error about a name that is not among the known ones.
  func unknown(_ what: String, _ name: String, known: [String]) -> ModelError {
    let nearest = NearestName.of(name, in: known).map { "; did you mean \($0)?" } ?? ""
    return failure("unknown \(what) \"\(name)\"\(nearest)", hint: "known: " + known.sorted().joined(separator: ", "))
  }
}
