/// A dictionary that keeps the order in which its keys came.
public struct TemplateDictionary: Sendable {
  /// What can be a key: Python holds `1`, `1.0` and `True` for the same one.
  enum Key: Hashable, Sendable {
    case none
    case integer(Int)
    case float(UInt64)
    case text(TextKey)
    case tuple([Key])

    init?(_ value: TemplateValue, inside: Bool = false) {
      switch value {
      case .none: self = .none
      case .bool, .integer: self = .integer(value.integer ?? 0)
      case .float(let number): self = Int(exactly: number).map { .integer($0) } ?? .float(number.bitPattern)
      case .string(let text), .safe(let text): self = .text(TextKey(text: text))
      case .tuple(let elements) where !inside:
        var keys: [Key] = []
        for element in elements {
          guard let key = Key(element, inside: true) else { return nil }
          keys.append(key)
        }
        self = .tuple(keys)
      default: return nil
      }
    }
  }

  /// A text that equals another only if it has the same code points: `é` has two spellings.
  struct TextKey: Hashable, Sendable {
    var text: String
    static func == (a: TextKey, b: TextKey) -> Bool { a.text.isSame(as: b.text) }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
  }

  /// The keys and values, in order.
  public private(set) var entries: [(key: TemplateValue, value: TemplateValue)] = []
  private var places: [Key: Int] = [:]

  /// An empty dictionary.
  public init() {}

  /// A dictionary with text for keys; of a repeated key the last value counts, in the first one's place.
  public init(_ members: [(String, TemplateValue)]) {
    for (key, value) in members { set(.text(TextKey(text: key)), .string(key), value) }
  }

  /// How many keys there are.
  public var count: Int { entries.count }
  /// The keys, in order.
  public var keys: [TemplateValue] { entries.map(\.key) }
  /// The values, in the order of their keys.
  public var values: [TemplateValue] { entries.map(\.value) }
  /// Keys and values as pairs.
  var items: [TemplateValue] { entries.map { .tuple([$0.key, $0.value]) } }

  /// The value of a key that is a text.
  public subscript(key: String) -> TemplateValue? { places[.text(TextKey(text: key))].map { entries[$0].value } }

  /// The value of any key; nil too for what cannot be a key.
  subscript(key: TemplateValue) -> TemplateValue? {
    Key(key).flatMap { places[$0] }.map { entries[$0].value }
  }

  /// Sets the value of a key.
  mutating func set(_ key: TemplateValue, _ value: TemplateValue) throws(Fault) {
    guard let hashed = Key(key) else { throw Fault("\(key.aType) cannot be a key of a dictionary") }
    set(hashed, key, value)
  }

  /// Sets the value of a key that is a text.
  public mutating func set(_ key: String, _ value: TemplateValue) {
    set(.text(TextKey(text: key)), .string(key), value)
  }

  private mutating func set(_ hashed: Key, _ key: TemplateValue, _ value: TemplateValue) {
    if let place = places[hashed] {
      entries[place].value = value
    } else {
      places[hashed] = entries.count
      entries.append((key, value))
    }
  }

  /// Removes a key and gives its value; costs as much as the dictionary is long.
  mutating func remove(_ key: TemplateValue) -> TemplateValue? {
    guard let hashed = Key(key), let place = places.removeValue(forKey: hashed) else { return nil }
    let value = entries.remove(at: place).value
    for (other, position) in places where position > place { places[other] = position - 1 }
    return value
  }

  /// Changes a value in its place; `change` gets nil's stand-in and the result is dropped if the key is not there.
  mutating func update<Result>(
    _ key: TemplateValue, _ change: (inout TemplateValue) throws(TemplateError) -> Result
  ) throws(TemplateError) -> Result? {
    guard let hashed = Key(key), let place = places[hashed] else { return nil }
    return try change(&entries[place].value)
  }
}

extension String {
  /// Whether two texts have the same code points; Swift's `==` takes different spellings of one character for equal.
  func isSame(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}
