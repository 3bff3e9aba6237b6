internal import Datasets
internal import Documents

/// A value of a task's YAML file, with the place where it is written.
struct TaskNode: Sendable {
  indirect enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([TaskNode])
    case map([TaskEntry])
    /// Python code that the task names: `!function utils.process_docs`.
    case function(String)
  }

  var value: Value
  var place: TaskPlace

  /// The value of a key, if this is a mapping that has it.
  subscript(key: String) -> TaskNode? { entries?.last { $0.key == key }?.value }

  var text: String? { if case .text(let text) = value { text } else { nil } }
  var list: [TaskNode]? { if case .list(let elements) = value { elements } else { nil } }
  var entries: [TaskEntry]? { if case .map(let entries) = value { entries } else { nil } }
  var integer: Int? { if case .integer(let number) = value { number } else { nil } }
  var bool: Bool? { if case .bool(let flag) = value { flag } else { nil } }
  var function: String? { if case .function(let name) = value { name } else { nil } }
  var isNull: Bool { if case .null = value { true } else { false } }
  /// The number, whole or not.
  var number: Double? {
    switch value {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  /// What kind of value this is, in words for an error message.
  var kind: String {
    switch value {
    case .null: "nothing"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let number): "\(number)"
    case .text(let text): PrintableText.quoted(text)
    case .list: "a list"
    case .map: "a mapping"
    case .function(let name): "the Python function \(name)"
    }
  }

  /// The value without its places; functions are texts.
  var data: DataValue {
    switch value {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text), .function(let text): .text(text)
    case .list(let elements): .list(elements.map(\.data))
    case .map(let entries): .record(entries.map { DataField($0.key, $0.value.data) })
    }
  }

  /// The first function within the value.
  var firstFunction: TaskNode? {
    switch value {
    case .function: self
    case .list(let elements): elements.lazy.compactMap(\.firstFunction).first
    case .map(let entries): entries.lazy.compactMap(\.value.firstFunction).first
    default: nil
    }
  }
}

/// A key of a mapping and its value.
struct TaskEntry: Sendable {
  var key: String
  var place: TaskPlace
  var value: TaskNode
}

/// A place in one of the files that a task is made of.
struct TaskPlace: Hashable, Sendable {
  var file: String
  var position: SourcePosition
}
