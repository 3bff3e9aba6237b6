/// Looks for what makes scores on held-out prompts worth less: duplicates, prompts that were trained on, examples that
/// give answers away, and wrong labels.
public struct HygieneCheck: Sendable {
  /// The share of runs of words in common from which prompts are near duplicates.
  public static let standardThreshold = 0.8

  private let items: [HygieneItem]
  private let threshold: Double
  private var overlap: TrainingOverlap?

  /// Takes the prompts of files; a prompt may be in several.
  public init(files: [PromptFile], threshold: Double = HygieneCheck.standardThreshold) throws(PromptError) {
    var items: [HygieneItem] = []
    var faults: [PromptError.Fault] = []
    for file in files {
      do throws(PromptError) {
        items += HygieneItem.items(of: try PromptSet(files: [file]), file: file.name)
      } catch {
        faults += error.faults
      }
    }
    guard faults.isEmpty else { throw PromptError(faults: faults) }
    self.items = items
    self.threshold = threshold
  }

  /// Looks through a piece of the text that a model was trained on.
  ///
  /// - Parameter continuing: whether the piece follows the one before.
  public mutating func scanTraining(_ text: String, continuing: Bool) {
    var scan = overlap ?? TrainingOverlap(items)
    // Let go of it here, so that it is changed in place.
    overlap = nil
    scan.scan(text, continuing: continuing)
    overlap = scan
  }

  /// What was found.
  ///
  /// - Parameter samples: what strong models answered to the prompts.
  public func report(samples: [SampleRecord] = []) -> HygieneReport {
    var report = HygieneReport(prompts: items.count)
    report.duplicates = DuplicateSearch.duplicates(among: items, threshold: threshold)
    report.leaks = LeakSearch.leaks(among: items)
    report.contradictions = ContradictedLabels.contradictions(of: items, by: samples)
    if let overlap {
      let all = overlap.overlaps
      report.overlaps = all.filter { $0.hasLongRun || $0.share >= TrainingOverlap.mostlySeen }
      report.overlapCounts = Self.counts(all)
      report.splitScores = Self.scores(samples, dirty: Set(all.filter(\.hasLongRun).map { Key($0.place) }))
    }
    return report
  }

  private static func counts(_ overlaps: [HygieneReport.Overlap]) -> [HygieneReport.OverlapCount] {
    var counts: [HygieneReport.OverlapCount] = []
    for overlap in overlaps {
      let place = overlap.place
      if counts.last?.file != place.file || counts.last?.task != place.task {
        counts.append(.init(file: place.file, task: place.task, all: 0, dirty: 0, mostlySeen: 0))
      }
      let last = counts.count - 1
      counts[last].all += 1
      counts[last].dirty += overlap.hasLongRun ? 1 : 0
      counts[last].mostlySeen += overlap.share >= TrainingOverlap.mostlySeen ? 1 : 0
    }
    return counts
  }

  private struct Key: Hashable {
    var task: String
    var id: String

    init(_ place: HygieneReport.Place) { (task, id) = (place.task, place.id) }
    init(_ sample: SampleRecord) { (task, id) = (sample.task, sample.id) }
  }

  private struct Group: Hashable {
    var model: String
    var task: String
    var metric: String
  }

  private static func scores(_ samples: [SampleRecord], dirty: Set<Key>) -> [HygieneReport.SplitScore] {
    var order: [Group] = []
    var values: [Group: (clean: [Double], dirty: [Double])] = [:]
    for sample in samples {
      guard let metric = sample.metrics.first else { continue }
      let group = Group(model: sample.model, task: sample.task, metric: metric.name)
      if values[group] == nil { order.append(group) }
      if dirty.contains(Key(sample)) {
        values[group, default: ([], [])].dirty.append(metric.value)
      } else {
        values[group, default: ([], [])].clean.append(metric.value)
      }
    }
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    return order.compactMap { group in
      guard let (clean, dirty) = values[group], let all = mean(clean + dirty) else { return nil }
      return .init(
        model: group.model, task: group.task, metric: group.metric, all: all, clean: mean(clean), dirty: mean(dirty))
    }
  }
}
