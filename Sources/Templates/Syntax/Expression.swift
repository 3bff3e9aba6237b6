/// An expression, with the scalar of the template at which it begins.
struct Expression: Sendable {
  let offset: Int
  let kind: Kind
  /// How many levels the tree below has, this one included.
  let height: Int

  init(offset: Int, kind: Kind) {
    self.offset = offset
    self.kind = kind
    height = 1 + (kind.parts.map(\.height).max() ?? 0)
  }

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

  /// What stands before the last link of a chain, if this is one.
  var chained: Expression? {
    switch kind {
    case .binary(_, let left, _), .and(let left, _), .or(let left, _): left
    case .filter(let base, _, _), .test(let base, _, _): base
    default: nil
    }
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

    var parts: [Expression] {
      positional + named.map(\.value) + [unpackedList, unpackedDictionary].compactMap { $0 }
    }

    var isEmpty: Bool {
      positional.isEmpty && named.isEmpty && unpackedList == nil && unpackedDictionary == nil
    }
  }
}

extension Expression.Kind {
  /// The expressions that this one is made of.
  fileprivate var parts: [Expression] {
    switch self {
    case .literal, .name, .body: []
    case .list(let parts), .tuple(let parts), .concatenation(let parts): parts
    case .dictionary(let entries): entries.flatMap { [$0.key, $0.value] }
    case .attribute(let base, _), .not(let base), .negative(let base), .positive(let base): [base]
    case .item(let a, let b), .binary(_, let a, let b), .and(let a, let b), .or(let a, let b): [a, b]
    case .slice(let base, let from, let to, let by): [base] + [from, to, by].compactMap { $0 }
    case .call(let base, let arguments), .filter(let base, _, let arguments), .test(let base, _, let arguments):
      [base] + arguments.parts
    case .comparison(let first, let links): [first] + links.map(\.operand)
    case .conditional(let condition, let then, let otherwise): [condition, then] + (otherwise.map { [$0] } ?? [])
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
