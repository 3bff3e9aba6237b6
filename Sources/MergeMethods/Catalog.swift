/// Every merge method, in alphabetical order.
public enum Catalog {
  /// The entries, in alphabetical order of their names.
  public static let methods: [MethodDescription] = []

  /// The method of this name, or nil.
  public static func method(named name: String) -> MethodDescription? { methods.first { $0.name == name } }

  /// Every parameter name that some method knows; a spec may carry one that its own method ignores.
  public static let allParameterNames: Set<String> = Set(methods.flatMap { $0.parameters.map(\.name) })
}
