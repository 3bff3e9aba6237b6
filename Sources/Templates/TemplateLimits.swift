/// What a template may cost, so that a hostile one can neither hang, nor eat memory, nor overflow the stack.
///
/// The limits are far above what chat templates and task files need: the longest published chat templates take
/// some thousand steps for a conversation.
public enum TemplateLimits {
  /// The longest template text, in bytes; the longest published chat templates have about 30 kB.
  public static let templateBytes = 4 << 20
  /// How deep expressions and blocks may nest; Python takes 69 parentheses and 98 conditions within each other.
  public static let syntaxDepth = 80
  /// How high the tree of an expression may be: a chain of operators, filters or conditional expressions makes it as
  /// high as it is long. Python takes 491 sums and 197 filters.
  public static let expressionHeight = 512
  /// How deep evaluation may nest, through macros and recursive loops too.
  public static let evaluationDepth = 100
  /// How deep lists and dictionaries may nest.
  public static let valueDepth = 64
  /// How many steps one rendering may take: an expression evaluated, an element made or visited, or
  /// ``bytesPerStep`` bytes of text made.
  public static let steps = 5_000_000
  /// How many bytes of text cost as much as a step.
  public static let bytesPerStep = 32
  /// The longest text that one rendering may put out, in bytes.
  public static let outputBytes = 64 << 20
  /// The longest range, as in jinja2's sandbox.
  public static let rangeLength = 100_000
  /// How many macros, namespaces and the like one rendering may make.
  public static let objects = 100_000
}
