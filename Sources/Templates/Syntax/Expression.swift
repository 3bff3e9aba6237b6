/// An expression, with the scalar of the template at which it begins.
struct Expression: Sendable {
  var offset: Int
  var kind: Kind

  indirect enum Kind: Sendable {
    case literal(TemplateValue)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, from: Expression?, to: Expression?, by: Expression?)
    case call(Expression, Arguments)
    case filter(Expression, String, Arguments)
    case test(Expression, String, Arguments)
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    case binary(BinaryOperator, Expression, Expression)
    case concatenation([Expression])
    case and(Expression, Expression)
    case or(Expression, Expression)
    case comparison(Expression, [Link])
    case conditional(Expression, then: Expression, otherwise: Expression?)
    /// The text of the block that a filter is given.
    case body
  }

  /// One comparison of a chain, `< b` of `a < b < c`.
  struct Link: Sendable {
    var comparison: Comparison
    var operand: Expression
  }

  struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// What stands behind `*` and `**`.
    var unpackedList: Expression?
    var unpackedDictionary: Expression?

    var isEmpty: Bool {
      positional.isEmpty && named.isEmpty && unpackedList == nil && unpackedDictionary == nil
    }
  }
}

/// An operator of two numbers, texts or lists.
enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

/// An operator that compares.
enum Comparison: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}
