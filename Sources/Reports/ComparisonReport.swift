public import Comparisons

/// How two models differ, rendered for people.
public struct ComparisonReport: Sendable {
  /// What is rendered.
  public var comparison: ModelComparison
  /// How many characters a line of a text may have.
  public var width: Int
  /// Whether a text may use a terminal's colours.
  public var isStyled: Bool
  /// How many of the tensors that differ most are shown.
  public var top: Int

  /// Makes a report.
  public init(_ comparison: ModelComparison, width: Int = 100, isStyled: Bool = false, top: Int = 10) {
    self.comparison = comparison
    self.width = width
    self.isStyled = isStyled
    self.top = top
  }

  private struct Section {
    var title: String
    var table: TextTable?
    var lines: [String] = []
  }

  /// Tables and maps for a terminal, and at the end what they mean.
  public var text: String {
    sections(shaded: !isStyled).map { section in
      TextTable.wrapped(section.title, width: width) + (section.table?.text(width: width, isStyled: isStyled) ?? "")
        + section.lines.map { TextTable.wrapped($0, width: width) }.joined()
    }.joined(separator: "\n")
  }

  /// The same as a page for a browser, in one file that needs no other.
  public var html: String {
    let body = sections(shaded: false).map { section in
      "<h2>\(HTMLPage.escaped(section.title))</h2>\n" + (section.table?.html ?? "")
        + section.lines.map { "<p>\(HTMLPage.escaped($0))</p>\n" }.joined()
    }.joined()
    return HTMLPage.page(title: "\(comparison.first) and \(comparison.second)", body: body)
  }

  private func sections(shaded: Bool) -> [Section] {
    let tables = ComparisonTables(comparison: comparison, isShaded: shaded)
    let count = comparison.tensors.count
    var title = "A \(comparison.first) and B \(comparison.second), \(count) tensor\(count == 1 ? "" : "s") compared"
    if let base = comparison.base { title += ", base \(base)" }
    var sections: [Section] = []
    if comparison.tensors.isEmpty {
      sections.append(Section(title: title))
    } else {
      sections.append(Section(title: title, table: tables.differences))
      if comparison.total.taskVectors != nil {
        sections.append(Section(title: "Task vectors: A and B less the base", table: tables.taskVectors))
      }
      sections.append(Section(title: "Relative distance |A - B| / |A| by layer and role", table: tables.distanceMap))
      if comparison.total.taskVectors != nil {
        sections.append(
          Section(title: "Sign conflict of the task vectors by layer and role", table: tables.conflictMap))
      }
      let most = comparison.mostDifferent(top)
      if !most.isEmpty {
        sections.append(
          Section(
            title: most.count == 1 ? "The tensor that differs most" : "The \(most.count) tensors that differ most",
            table: tables.tensors(most)))
      }
    }
    let notes = ComparisonNotes(comparison).lines
    if !notes.isEmpty { sections.append(Section(title: "Left out or noteworthy", lines: notes)) }
    sections.append(
      Section(
        title: "What this means", lines: [ComparisonAdvice(comparison).sentences.joined(separator: " ")]))
    return sections
  }
}
