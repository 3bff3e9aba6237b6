/// The columns of a Parquet file, each with the way from a row to its values.
///
/// Values of nested columns come as flat rows with two levels each: how much of the way is there, and at which list
/// on the way a new element begins. Source: Melnik et al. 2010 (Dremel); the Parquet format's `LogicalTypes.md`.
struct ParquetSchema {
  /// One step on the way from a row to a value.
  enum Step {
    case field(String)
    /// The value may be missing; it is there from this definition level on.
    case optional(definition: Int)
    /// A list, with elements from this definition level on; its elements begin at this repetition level.
    case list(definition: Int, repetition: Int)
  }

  /// A column of values.
  struct Column {
    var path: [String]
    var steps: [Step]
    var element: ParquetMetadata.Element
    var maximumDefinition: Int
    var maximumRepetition: Int

    var name: String { path.joined(separator: ".") }
  }

  /// How deep columns may nest.
  static let maximumDepth = 24
  /// How many columns a file may have.
  static let maximumColumns = 10_000

  private(set) var columns: [Column] = []
  private let elements: [ParquetMetadata.Element]
  private var next = 1

  init(_ elements: [ParquetMetadata.Element]) throws(ParquetFault) {
    self.elements = elements
    guard let root = elements.first, root.type == nil else { throw ParquetFault("the schema has no root") }
    for _ in 0..<root.childCount { try add(path: [], steps: [], definition: 0, repetition: 0, isWrapped: false) }
  }

  private mutating func add(
    path: [String], steps: [Step], definition: Int, repetition: Int, isWrapped: Bool
  ) throws(ParquetFault) {
    guard next < elements.count else { throw ParquetFault("the schema has fewer columns than it announces") }
    guard path.count < Self.maximumDepth, columns.count < Self.maximumColumns else {
      throw ParquetFault("the schema is larger than any table's")
    }
    let element = elements[next]
    next += 1
    var (steps, definition, repetition) = (steps, definition, repetition)
    if !isWrapped { steps.append(.field(element.name)) }
    switch element.repetition {
    case 0: break
    case 1:
      definition += 1
      steps.append(.optional(definition: definition))
    case 2:
      definition += 1
      repetition += 1
      steps.append(.list(definition: definition, repetition: repetition))
    default: throw ParquetFault("the column \(element.name) has an unknown repetition")
    }
    let path = path + [element.name]
    if element.type != nil {
      columns.append(
        Column(
          path: path, steps: steps, element: element, maximumDefinition: definition, maximumRepetition: repetition))
      return
    }
    // A list is written as a group around a repeated group around the element: two names that nobody gave.
    let isList = element.convertedType == 3 || element.logicalType == 3
    if isList, element.childCount == 1, next < elements.count, elements[next].repetition == 2 {
      let repeated = elements[next]
      let isGroup = repeated.type == nil && repeated.childCount == 1
      if isGroup, repeated.name != "array", repeated.name != element.name + "_tuple" {
        next += 1
        let list = Step.list(definition: definition + 1, repetition: repetition + 1)
        try add(
          path: path + [repeated.name], steps: steps + [list], definition: definition + 1, repetition: repetition + 1,
          isWrapped: true)
      } else {
        try add(path: path, steps: steps, definition: definition, repetition: repetition, isWrapped: true)
      }
      return
    }
    guard element.childCount > 0 else { throw ParquetFault("the group \(element.name) has no columns") }
    for _ in 0..<element.childCount {
      try add(path: path, steps: steps, definition: definition, repetition: repetition, isWrapped: false)
    }
  }
}
