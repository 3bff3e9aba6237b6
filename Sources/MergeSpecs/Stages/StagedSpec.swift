public import Documents
public import MergeMethods

/// What a file of merge specs asks for: one merge, or several, each of which may read the results of others.
///
/// A file is a YAML stream. Each document is a spec; those with a `name` are stages, and wherever another names a model
/// it may name a stage instead. The final merge is the document without a name, or else the one that no other refers
/// to.
public struct StagedSpec: Sendable {
  /// The specs in the order in which they can be carried out; the final merge is the last.
  public let stages: [MergeSpec]
  /// The final merge.
  public let final: MergeSpec

  /// The name of the stage that a reference means, or nil if it means a model.
  ///
  /// A stage is what a name means even where a path of the same name exists.
  public func stage(of reference: ModelReference) -> StageName? {
    stages.lazy.compactMap(\.name).first { reference.means(stage: $0.text) }
  }

  /// Reads all merge specs of a text and says everything that is wrong with them.
  ///
  /// - Parameters:
  ///   - text: the specs in YAML.
  ///   - file: the name of the text in diagnostics.
  ///   - lenient: whether keys that mean nothing are warnings instead of errors.
  ///   - methods: the merge methods that the specs may name.
  /// - Returns: the specs, if each could be understood well enough to look at its models and their order is settled.
  public static func parse(
    _ text: String, file: String, lenient: Bool = false, methods: [MethodDescription] = Catalog.methods
  ) -> (spec: StagedSpec?, diagnostics: [Diagnostic]) {
    let stream = SyntaxParser.parse(text, file: file, lenient: lenient)
    var diagnostics = stream.diagnostics
    if stream.documents.isEmpty, diagnostics.isEmpty {
      diagnostics.append(
        Diagnostic(
          .error, file: file, at: SourcePosition(line: 1, column: 1), "the spec is empty",
          hint: "a spec begins with merge_method:"))
    }
    var specs: [MergeSpec] = []
    var documents: [StageOrder.Document] = []
    for tree in stream.documents {
      var reader = SpecReader(
        file: file, lenient: lenient, methods: methods, tree: tree, isStage: stream.documents.count > 1)
      let name = reader.readName()
      let isUnnamed = name == nil && reader.diagnostics.isEmpty
      var spec = reader.read()
      spec?.name = name
      if let spec { reader.check(spec) }
      diagnostics += reader.diagnostics
      documents.append(
        StageOrder.Document(
          name: name, isUnnamed: isUnnamed, position: tree.root.position, references: spec?.references ?? []))
      specs += [spec].compactMap(\.self)
    }
    var order = StageOrder(documents, file: file)
    let isComplete = specs.count == documents.count && documents.allSatisfy { $0.isUnnamed || $0.name != nil }
    let sequence = order.sequence(isComplete: isComplete)
    diagnostics = Diagnostic.sorted(diagnostics + order.diagnostics)
    guard isComplete, let sequence, !sequence.isEmpty else { return (nil, diagnostics) }
    let isFaulty = diagnostics.contains { $0.severity == .error }
    for index in specs.indices { specs[index].isFaulty = isFaulty }
    let stages = sequence.map { specs[$0] }
    return (StagedSpec(stages: stages, final: stages[stages.count - 1]), diagnostics)
  }
}
