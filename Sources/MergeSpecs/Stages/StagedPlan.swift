internal import Documents

/// The plans of all merges that a file asks for, in the order in which they can be carried out.
public struct StagedPlan: Sendable {
  /// A merge with its name.
  public struct Stage: Sendable {
    /// The name; nil for a final merge that has none.
    public var name: String?
    /// What it does.
    public var plan: MergePlan

    /// Names a plan.
    public init(name: String?, plan: MergePlan) {
      self.name = name
      self.plan = plan
    }
  }

  /// The merges, the final one last.
  public var stages: [Stage]

  /// Puts plans together.
  public init(_ stages: [Stage]) { self.stages = stages }

  /// The plans for people, one after the other.
  public func text() -> String {
    guard stages.count > 1 else { return stages.map { $0.plan.text() }.joined() }
    return stages.enumerated().map { index, stage in
      let name = stage.name.map { " " + PrintableText.quoted($0) } ?? ""
      let kind = index == stages.count - 1 ? "final merge" : "stage"
      return "\(index + 1) of \(stages.count): \(kind)\(name)\n\n" + stage.plan.text()
    }.joined(separator: "\n\n")
  }

  /// The plans for programs: that of a single merge, or an object with all `stages`.
  ///
  /// - Parameter memory: what carrying them out takes, in bytes.
  public func json(memory: Int) -> String {
    guard stages.count > 1 else { return stages.map { $0.plan.json() }.joined() }
    let plans = stages.map { stage in
      var lines = stage.plan.json().split(separator: "\n").map(String.init)
      lines.insert("  \"name\": \(stage.name.map { JSONEdit.quote($0) } ?? "null"),", at: 1)
      return lines.map { "    " + $0 }.joined(separator: "\n")
    }
    return "{\n  \"memory\": \(memory),\n  \"stages\": [\n\(plans.joined(separator: ",\n"))\n  ]\n}\n"
  }
}
