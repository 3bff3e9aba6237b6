internal import Documents

/// Finds out in which order the specs of a file can be carried out.
struct StageOrder {
  /// What the order depends on.
  struct Document {
    var name: StageName?
    /// Whether it was not meant to have one.
    var isUnnamed: Bool
    /// Where the document begins.
    var position: SourcePosition
    /// The models and stages that the document refers to.
    var references: [ModelReference]
  }

  private let documents: [Document]
  private let file: String
  /// The document of each name.
  private var named: [String: Int] = [:]
  /// What is wrong with the names.
  private(set) var diagnostics: [Diagnostic] = []

  init(_ documents: [Document], file: String) {
    self.documents = documents
    self.file = file
    for (index, document) in documents.enumerated() {
      guard let name = document.name else { continue }
      if let first = named[name.text], let place = documents[first].name?.position {
        error(
          at: name.position,
          "the name \"\(name.text)\" stands twice, also at line \(place.line), column \(place.column)")
      } else {
        named[name.text] = index
      }
    }
  }

  /// The documents from the first that can be carried out to the final merge; those that it does not need are left out.
  ///
  /// - Parameter isComplete: whether the references and names of all documents are known.
  /// - Returns: the order, or nil if there is none.
  mutating func sequence(isComplete: Bool) -> [Int]? {
    guard documents.count > 1 else { return documents.isEmpty ? nil : [0] }
    let unnamed = documents.indices.filter { documents[$0].isUnnamed }
    for index in unnamed.dropFirst() {
      error(
        at: documents[index].position,
        "this spec has no name, and the one in line \(documents[unnamed[0]].position.line) has none either",
        hint: "only the final merge may be without a name")
    }
    guard isComplete, unnamed.count <= 1, !hasCycle() else { return nil }
    var isUsed = Array(repeating: false, count: documents.count)
    for document in documents { for stage in stages(of: document) { isUsed[stage.index] = true } }
    guard let final = unnamed.first ?? onlyEnd(isUsed) else { return nil }
    var order: [Int] = []
    var isPlaced = Array(repeating: false, count: documents.count)
    place(final, in: &order, &isPlaced)
    for (index, document) in documents.enumerated() where !isPlaced[index] {
      guard let name = document.name, named[name.text] == index else { continue }
      diagnostics.append(
        Diagnostic(
          .warning, file: file, at: name.position, "the final merge does not need the stage \"\(name.text)\"",
          hint: "it is left out"))
    }
    return order
  }

  private func stages(of document: Document) -> [(index: Int, position: SourcePosition)] {
    document.references.compactMap { reference in
      (named[reference.text] ?? named[reference.model.path].flatMap { reference.model.revision == nil ? $0 : nil })
        .map { ($0, reference.position) }
    }
  }

  /// The document that no other refers to, where all have names.
  private mutating func onlyEnd(_ isUsed: [Bool]) -> Int? {
    let ends = documents.indices.filter { !isUsed[$0] }
    if ends.count == 1 { return ends[0] }
    let names = ends.compactMap { documents[$0].name?.text }
    if let last = ends.last, let position = documents[last].name?.position {
      error(
        at: position, "it is open which merge is the final one: nobody refers to " + names.joined(separator: ", "),
        hint: "leave out the name of the final merge")
    }
    return nil
  }

  /// Puts a document behind all that it needs. No deeper than there are documents, of which there are not many.
  private func place(_ index: Int, in order: inout [Int], _ isPlaced: inout [Bool]) {
    guard !isPlaced[index] else { return }
    isPlaced[index] = true
    for stage in stages(of: documents[index]).map(\.index).sorted() { place(stage, in: &order, &isPlaced) }
    order.append(index)
  }

  // MARK: Circles

  private enum Mark { case new, open, closed }

  /// Reports the first circle of references.
  private mutating func hasCycle() -> Bool {
    var marks = Array(repeating: Mark.new, count: documents.count)
    var path: [Int] = []
    for index in documents.indices {
      guard let (start, position) = cycle(from: index, &path, &marks) else { continue }
      let names = path[start...].compactMap { documents[$0].name?.text }
      error(
        at: position,
        names.count == 1
          ? "the stage \"\(names[0])\" refers to itself"
          : "stages refer to each other in a circle: " + (names + [names[0]]).joined(separator: " → "))
      return true
    }
    return false
  }

  /// Follows references; if they lead back to a document on the path, says where on the path, and from where in the
  /// text.
  private func cycle(
    from index: Int, _ path: inout [Int], _ marks: inout [Mark]
  ) -> (start: Int, position: SourcePosition)? {
    guard marks[index] == .new else { return nil }
    marks[index] = .open
    path.append(index)
    for stage in stages(of: documents[index]) {
      if marks[stage.index] == .open, let start = path.firstIndex(of: stage.index) { return (start, stage.position) }
      if let found = cycle(from: stage.index, &path, &marks) { return found }
    }
    path.removeLast()
    marks[index] = .closed
    return nil
  }

  private mutating func error(at position: SourcePosition, _ message: String, hint: String? = nil) {
    diagnostics.append(Diagnostic(.error, file: file, at: position, message, hint: hint))
  }
}
