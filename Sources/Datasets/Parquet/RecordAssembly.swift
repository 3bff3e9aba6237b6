/// Puts rows together again from the flat values of a column.
struct RecordAssembly {
  private let steps: [ParquetSchema.Step]
  private let striped: StripedColumn
  private var level = 0
  private var value = 0

  init(column: ParquetSchema.Column, striped: StripedColumn) {
    steps = column.steps
    self.striped = striped
  }

  /// The rows, each with this column's values alone.
  mutating func rows(count: Int) throws(ParquetFault) -> [DataValue] {
    var rows: [DataValue] = []
    while level < striped.definitions.count {
      guard rows.count < count else { throw ParquetFault("the column has more rows than the others") }
      guard striped.repetitions[level] == 0 else { throw ParquetFault("a row begins within a list") }
      rows.append(try read(0))
    }
    guard rows.count == count else {
      throw ParquetFault("the column has \(rows.count) rows, and \(count) are announced")
    }
    return rows
  }

  /// What lies behind a step, for the value at `level`; moves on to the next.
  private mutating func read(_ step: Int) throws(ParquetFault) -> DataValue {
    guard step < steps.count else {
      guard level < striped.definitions.count, value < striped.values.count else {
        throw ParquetFault("the column ends too early")
      }
      defer {
        level += 1
        value += 1
      }
      return striped.values[value]
    }
    switch steps[step] {
    case .field(let name): return .record([DataField(name, try read(step + 1))])
    case .optional(let definition):
      guard striped.definitions[level] >= definition else {
        level += 1
        return .null
      }
      return try read(step + 1)
    case .list(let definition, let repetition):
      guard striped.definitions[level] >= definition else {
        level += 1
        return .list([])
      }
      var elements: [DataValue] = []
      repeat {
        elements.append(try read(step + 1))
      } while level < striped.definitions.count && striped.repetitions[level] == repetition
      return .list(elements)
    }
  }

  /// Two columns' parts of the same value: fields side by side, lists element by element.
  static func merged(_ a: DataValue, _ b: DataValue) throws(ParquetFault) -> DataValue {
    switch (a, b) {
    case (.null, .null): return .null
    case (.record(var fields), .record(let others)):
      for other in others {
        // Columns of one group stand side by side.
        if let last = fields.indices.last, fields[last].name == other.name {
          fields[last].value = try merged(fields[last].value, other.value)
        } else {
          fields.append(other)
        }
      }
      return .record(fields)
    case (.list(let elements), .list(let others)) where elements.count == others.count:
      var joined: [DataValue] = []
      for (element, other) in zip(elements, others) { joined.append(try merged(element, other)) }
      return .list(joined)
    default: throw ParquetFault("columns of one group do not fit together")
    }
  }
}
