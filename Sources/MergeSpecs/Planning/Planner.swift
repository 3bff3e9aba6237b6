public import Documents

/// Turns a spec and the headers of its models into a plan; nothing is read, nothing remembered.
///
/// What happens to a tensor:
/// - all models have it, with one shape, in floating point: it is merged;
/// - its elements are integers or truth values, or it is a table or mask that programs compute anew: it is copied
///   from the base, or else from the first model that has it;
/// - it is a head, and a model that shares its head with the embedding has none: that model's embedding stands in;
/// - it belongs to no layer, and only one model has it: it is copied from there;
/// - otherwise a model that lacks it is an error, as are different shapes.
public enum Planner {
  /// Plans a merge.
  ///
  /// - Parameter models: the headers of all models, by the text of their references. A model that could not be opened
  ///   is left out; the plan is nil then, and why it could not be opened is for the caller to report.
  /// - Returns: the plan, or nil if the spec or its models have errors; what is wrong, in the order of the text.
  public static func plan(_ spec: MergeSpec, models: [String: ModelHeader]) -> (
    plan: MergePlan?, diagnostics: [Diagnostic]
  ) {
    let headers = spec.references.compactMap { models[$0.text] }
    guard headers.count == spec.references.count else { return (nil, []) }
    var builder = PlanBuilder(spec: spec, headers: headers)
    builder.build()
    let diagnostics = Diagnostic.sorted(builder.faults.diagnostics)
    guard !spec.isFaulty, !diagnostics.contains(where: { $0.severity == .error }) else { return (nil, diagnostics) }
    return (builder.plan, diagnostics)
  }
}
