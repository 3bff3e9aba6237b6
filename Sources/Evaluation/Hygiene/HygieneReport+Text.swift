internal import Documents

extension HygieneReport {
  /// How many findings of a kind are shown to people.
  private static let mostShown = 20

  /// The report for people: a line for each finding, the first ones of each kind.
  public var text: String {
    var lines: [String] = []
    func section(_ title: String, _ findings: [String]) {
      guard !findings.isEmpty else { return }
      lines.append("\(title): \(findings.count)")
      lines += findings.prefix(Self.mostShown).map { "  " + $0 }
      if findings.count > Self.mostShown { lines.append("  … and \(findings.count - Self.mostShown) more (--json)") }
    }
    for likeness in Likeness.allCases {
      let title =
        switch likeness {
        case .exact: "exact duplicates"
        case .normalized: "duplicates but for case, punctuation and white space"
        case .near: "near duplicates"
        }
      section(title, duplicates.filter { $0.likeness == likeness }.map(\.text))
    }
    section("questions shown by other prompts", leaks.map(\.text))
    section("labels that every model contradicts", contradictions.map(\.text))
    for count in overlapCounts {
      lines.append(
        "\(count.file), \(count.task): \(count.all) prompts, \(count.clean) clean, \(count.dirty) with a run of "
          + "\(TrainingOverlap.longRun) words in the training text, \(count.mostlySeen) mostly in it")
    }
    section(
      "prompts in the training text",
      overlaps.map { overlap in
        "\(overlap.place.text): \(Decimal.text(100 * overlap.share, decimals: 0)) %, longest run "
          + "\(overlap.longestRun) words"
      })
    for score in splitScores where score.dirty != nil {
      func number(_ value: Double?) -> String { value.map { Decimal.text($0, decimals: 4) } ?? "-" }
      lines.append(
        "\(score.model), \(score.task), \(score.metric): \(number(score.all)) on all, \(number(score.clean)) on clean, "
          + "\(number(score.dirty)) on dirty prompts")
    }
    lines.append(isClean ? "\(prompts) prompts, nothing found" : "\(prompts) prompts")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension HygieneReport.Place {
  fileprivate var text: String { "\(PrintableText.of(file)) \(PrintableText.of(task))/\(PrintableText.of(id))" }
}

extension HygieneReport.Duplicate {
  fileprivate var text: String {
    let share = likeness == .near ? ", \(Decimal.text(100 * similarity, decimals: 0)) % alike" : ""
    return "\(second.text) is \(first.text)\(share)" + (contradicts ? ", with another right answer" : "")
  }
}

extension HygieneReport.Leak {
  fileprivate var text: String {
    "\(question.text) stands in \(shownBy.text)" + (showsAnswer ? ", with its answer" : "")
  }
}

extension HygieneReport.Contradiction {
  fileprivate var text: String {
    "\(place.text): the label is \(PrintableText.quoted(label)), all \(models) models answer "
      + PrintableText.quoted(answer)
  }
}
