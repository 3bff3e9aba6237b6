public import Documents

extension HygieneReport {
  /// The report as `--json` prints it.
  public var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("prompts", .integer(prompts)),
      ("duplicates", .array(duplicates.map(\.json))),
      ("leaks", .array(leaks.map(\.json))),
      ("contradictions", .array(contradictions.map(\.json))),
    ]
    if !overlapCounts.isEmpty {
      members.append(
        (
          "training",
          .object([
            ("tasks", .array(overlapCounts.map(\.json))), ("prompts", .array(overlaps.map(\.json))),
            ("scores", .array(splitScores.map(\.json))),
          ])
        ))
    }
    return .object(members)
  }
}

extension HygieneReport.Place {
  fileprivate var json: JSONValue {
    .object([("file", .string(file)), ("task", .string(task)), ("id", .string(id))])
  }
}

extension HygieneReport.Duplicate {
  fileprivate var json: JSONValue {
    .object([
      ("first", first.json), ("second", second.json), ("likeness", .string(likeness.rawValue)),
      ("similarity", .number(similarity)), ("contradicts", .bool(contradicts)),
    ])
  }
}

extension HygieneReport.Leak {
  fileprivate var json: JSONValue {
    .object([("question", question.json), ("shown_by", shownBy.json), ("shows_answer", .bool(showsAnswer))])
  }
}

extension HygieneReport.Overlap {
  fileprivate var json: JSONValue {
    .object([
      ("prompt", place.json), ("dirty", .bool(hasLongRun)), ("share", .number(share)),
      ("longest_run", .integer(longestRun)),
    ])
  }
}

extension HygieneReport.OverlapCount {
  fileprivate var json: JSONValue {
    .object([
      ("file", .string(file)), ("task", .string(task)), ("all", .integer(all)), ("clean", .integer(clean)),
      ("dirty", .integer(dirty)), ("mostly_seen", .integer(mostlySeen)),
    ])
  }
}

extension HygieneReport.SplitScore {
  fileprivate var json: JSONValue {
    .object([
      ("model", .string(model)), ("task", .string(task)), ("metric", .string(metric)), ("all", .number(all)),
      ("clean", clean.map { .number($0) } ?? .null), ("dirty", dirty.map { .number($0) } ?? .null),
    ])
  }
}

extension HygieneReport.Contradiction {
  fileprivate var json: JSONValue {
    .object([
      ("prompt", place.json), ("label", .string(label)), ("answer", .string(answer)), ("models", .integer(models)),
    ])
  }
}
