/// Rows of values under the same columns.
public struct DataTable: Hashable, Sendable {
  /// The names of the columns.
  public private(set) var columns: [String]
  /// The rows, each a record with all columns in their order.
  public private(set) var rows: [DataValue]

  /// Puts rows under columns: every row gets all of them, and numbers of a column one type.
  ///
  /// - Parameter records: rows that may lack columns or have them in another order.
  public init(records: [[DataField]]) {
    let shape = records.reduce(DataShape.record([])) { $0.joined(with: .of(.record($1))) }
    rows = records.map { shape.fitted(.record($0)) }
    if case .record(let fields) = shape { columns = fields.map(\.name) } else { columns = [] }
  }

  /// Takes rows that are complete as they stand.
  init(columns: [String], complete rows: [DataValue]) {
    self.columns = columns
    self.rows = rows
  }

  /// Tables of the same data one after the other.
  public static func joined(_ tables: [DataTable]) -> DataTable {
    if let first = tables.first, tables.dropFirst().allSatisfy({ $0.columns == first.columns }) {
      // Numbers may still differ in type from file to file.
      return tables.count == 1 ? first : DataTable(records: tables.flatMap(\.rows).map { $0.fields ?? [] })
    }
    return DataTable(records: tables.flatMap(\.rows).map { $0.fields ?? [] })
  }
}

/// What the values of a column have in common, as far as it changes how they are read.
///
/// The `datasets` library keeps rows in typed columns: a field that one row has, all rows have, and a column with one
/// fraction in it is a column of fractions. Values of different kinds are left as they are.
private indirect enum DataShape {
  struct Field {
    var name: String
    var shape: DataShape
  }

  case unknown
  case integer
  case number
  case other
  case list(DataShape)
  case record([Field])

  static func of(_ value: DataValue) -> DataShape {
    switch value {
    case .null: .unknown
    case .integer: .integer
    case .number: .number
    case .bool, .text: .other
    case .list(let elements): .list(elements.reduce(.unknown) { $0.joined(with: .of($1)) })
    case .record(let fields): .record(fields.map { Field(name: $0.name, shape: .of($0.value)) })
    }
  }

  func joined(with shape: DataShape) -> DataShape {
    switch (self, shape) {
    case (.unknown, let shape), (let shape, .unknown): return shape
    case (.integer, .integer): return .integer
    case (.integer, .number), (.number, .integer), (.number, .number): return .number
    case (.list(let a), .list(let b)): return .list(a.joined(with: b))
    case (.record(var fields), .record(let others)):
      // Rows mostly agree on their keys, so the same place is the first guess.
      for (guess, other) in others.enumerated() {
        let place =
          fields.indices.contains(guess) && fields[guess].name == other.name
          ? guess : fields.firstIndex { $0.name == other.name }
        if let place {
          fields[place].shape = fields[place].shape.joined(with: other.shape)
        } else {
          fields.append(other)
        }
      }
      return .record(fields)
    default: return .other
    }
  }

  func fitted(_ value: DataValue) -> DataValue {
    switch (self, value) {
    case (.number, .integer(let number)): return .number(Double(number))
    case (.list(let shape), .list(let elements)): return .list(elements.map(shape.fitted))
    case (.record(let fields), .record(let members)):
      return .record(
        fields.enumerated().map { index, field in
          let member =
            members.indices.contains(index) && members[index].name == field.name
            ? members[index] : members.first { $0.name == field.name }
          return DataField(field.name, member.map { field.shape.fitted($0.value) } ?? .null)
        })
    default: return value
    }
  }
}
