/// A statement, with the scalar of the template at which it begins.
struct Statement: Sendable {
  var offset: Int
  var kind: Kind

  indirect enum Kind: Sendable {
    case text(String)
    case print(Expression)
    case branch([(condition: Expression, body: [Statement])], otherwise: [Statement])
    case loop(Loop)
    case set(Target, Expression)
    /// Sets a variable to what a block puts out, after a filter if there is one.
    case setBlock(Target, filter: Expression?, body: [Statement])
    case macro(Macro)
    /// Calls a macro that may call back the body.
    case call(Expression, Macro)
    case filter(Expression, body: [Statement])
    case with([(target: Target, value: Expression)], body: [Statement])
    /// A block that only keeps its variables to itself.
    case scope([Statement])
    case evaluate(Expression)
    case stop
    case next
  }

  /// What a value is assigned to.
  struct Target: Sendable {
    var offset: Int
    var kind: Kind

    indirect enum Kind: Sendable {
      case name(String)
      /// An attribute of a namespace.
      case attribute(String, String)
      case tuple([Target])
    }
  }

  struct Loop: Sendable {
    var target: Target
    var iterable: Expression
    var condition: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
  }

  struct Macro: Sendable {
    var name: String
    var parameters: [(name: String, value: Expression?)]
    var body: [Statement]
    var usesVariableArguments: Bool
    var usesNamedArguments: Bool
    var usesCaller: Bool
  }
}
