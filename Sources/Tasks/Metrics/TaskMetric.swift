internal import Datasets
internal import Documents
public import Evaluation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A metric of a task, for one of its filter pipelines.
///
/// What it observes of a document adds up over documents, and its value is a function of the sums, so that standard
/// errors and paired comparisons come as for every metric. Source: lm-evaluation-harness 0.4.13,
/// `ConfigurableTask.process_results` and `api/metrics.py`.
public struct TaskMetric: Metric {
  /// What is measured.
  package enum Kind: Hashable, Sendable {
    case accuracy
    case normalizedAccuracy
    case byteAccuracy
    case mutualInformation
    case exactMatch
    case perplexity
    case wordPerplexity
    case bytePerplexity
    case bitsPerByte
    case f1
    case matthews
    case brier
    case bleu
    case chrF
    case ter
    /// A built-in hook says.
    case hook
  }

  /// The name, direction and unit; with the filter behind a comma unless it is the plain one.
  public let card: MetricCard
  package let name: String
  package let kind: Kind
  package let pipeline: FilterPipeline
  let normalization: MatchNormalization
  let hook: Hook?
  /// How many classes labels and picks have, one more than there are choices.
  var classes = 2

  init(
    name: String, kind: Kind, pipeline: FilterPipeline, card: MetricCard, normalization: MatchNormalization,
    hook: Hook? = nil
  ) {
    self.name = name
    self.kind = kind
    self.pipeline = pipeline
    var card = card
    card.name = pipeline.name == FilterPipeline.plain.name ? name : "\(name),\(pipeline.name)"
    self.card = card
    self.normalization = normalization
    self.hook = hook
  }

  /// What the responses to a document add.
  public func observe(_ answer: Answer, to prompt: Prompt) -> Observation? {
    guard case .responses(let responses) = answer.content, case .document(let document) = prompt.content else {
      return nil
    }
    if kind == .hook {
      return hook?.judge?(filtered(responses, document), Self.value(document))[name].map { .mean(of: $0) }
    }
    switch document.reference {
    case .choices(let choices, let gold): return observe(choices: choices, gold: gold, responses)
    case .target:
      guard case .likelihood(let value, let isGreedy)? = responses.first else { return nil }
      return kind == .perplexity ? Observation([value, 1]) : .mean(of: isGreedy ? 1 : 0)
    case .text(let words, let bytes):
      guard case .likelihood(let value, _)? = responses.first else { return nil }
      return Observation([value, Double(kind == .wordPerplexity ? words : bytes)])
    case .texts(let references, let allowsSeveral):
      guard case .text(let text)? = filtered(responses, document).first else { return nil }
      return observe(text, references: references, allowsSeveral: allowsSeveral)
    }
  }

  /// The value for sums of observations.
  public func value(ofSums sums: [Double]) -> Double {
    switch kind {
    case .perplexity, .wordPerplexity, .bytePerplexity: exp(-(sums[0] / sums[1]))
    case .bitsPerByte: -(sums[0] / sums[1]) / log(2)
    case .f1: 2 * sums[0] + sums[1] + sums[2] == 0 ? 0 : 2 * sums[0] / (2 * sums[0] + sums[1] + sums[2])
    case .matthews: Self.matthews(sums, classes: classes)
    case .bleu: BLEU.score(sums)
    case .chrF: ChrF.score(sums)
    case .ter: TER.score(sums)
    default: sums[0] / sums[1]
    }
  }

  // MARK: Choices

  private func observe(
    choices: [String], gold: DocumentPrompt.Gold, _ responses: [Answer.Response]
  ) -> Observation? {
    let likelihoods = responses.compactMap { if case .likelihood(let value, _) = $0 { value } else { nil } }
    guard likelihoods.count == responses.count, likelihoods.count >= choices.count else { return nil }
    let values = Array(likelihoods.prefix(choices.count))
    func isRight(_ scores: [Double]) -> Observation {
      let pick = Self.firstMaximum(scores)
      return .mean(of: gold.contains(pick) ? 1 : 0)
    }
    switch kind {
    case .accuracy: return isRight(values)
    case .normalizedAccuracy: return isRight(zip(values, choices).map { $0 / Double($1.unicodeScalars.count) })
    case .byteAccuracy: return isRight(zip(values, choices).map { $0 / Double($1.utf8.count) })
    case .mutualInformation:
      guard likelihoods.count == 2 * choices.count else { return nil }
      return isRight(zip(values, likelihoods.dropFirst(choices.count)).map(-))
    case .exactMatch:
      let greedy = responses.map { if case .likelihood(_, true) = $0 { true } else { false } }
      return .mean(of: gold.places.contains { greedy[$0] } ? 1 : 0)
    case .f1:
      let (label, pick) = (gold.places.first, Self.firstMaximum(values))
      return Observation([
        label == 1 && pick == 1 ? 1 : 0, label != 1 && pick == 1 ? 1 : 0, label == 1 && pick != 1 ? 1 : 0,
      ])
    case .matthews:
      var terms = [Double](repeating: 0, count: classes * classes)
      let label = gold.places.first.map { $0 + 1 } ?? 0
      guard let pick = Self.firstMaximum(values), label < classes, pick + 1 < classes else { return nil }
      terms[label * classes + pick + 1] = 1
      return Observation(terms)
    case .brier:
      let label = gold.places.first
      let squares = Self.softmax(values).enumerated().map { index, value in
        let distance = value - (index == label ? 1 : 0)
        return distance * distance
      }
      return .mean(of: squares.reduce(0, +))
    default: return nil
    }
  }

  /// The first of the largest values; of values that are none, the first.
  static func firstMaximum(_ values: [Double]) -> Int? {
    var best: Int?
    for index in values.indices {
      if values[index].isNaN { return index }
      if best.map({ values[index] > values[$0] }) ?? true { best = index }
    }
    return best
  }

  static func softmax(_ values: [Double]) -> [Double] {
    let top = values.max() ?? 0
    let powers = values.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  private static func matthews(_ sums: [Double], classes: Int) -> Double {
    var labels = [Double](repeating: 0, count: classes)
    var picks = labels
    var right = 0.0
    for label in 0..<classes {
      for pick in 0..<classes {
        let count = sums[label * classes + pick]
        labels[label] += count
        picks[pick] += count
        if label == pick { right += count }
      }
    }
    let total = labels.reduce(0, +)
    let both = right * total - zip(labels, picks).reduce(0) { $0 + $1.0 * $1.1 }
    let ofLabels = total * total - labels.reduce(0) { $0 + $1 * $1 }
    let ofPicks = total * total - picks.reduce(0) { $0 + $1 * $1 }
    return ofLabels * ofPicks == 0 ? 0 : both / (ofLabels * ofPicks).squareRoot()
  }

  // MARK: Generations

  private func observe(_ text: String, references: [String], allowsSeveral: Bool) -> Observation? {
    switch kind {
    case .exactMatch:
      let text = normalization.apply(text)
      return .mean(of: references.contains { normalization.apply($0).utf8.elementsEqual(text.utf8) } ? 1 : 0)
    case .bleu: return Observation(BLEU.terms(text, references: references))
    case .chrF: return Observation(ChrF.terms(text, references: references))
    case .ter: return Observation(TER.terms(text, references: references))
    default: return nil
    }
  }

  /// The responses after the pipeline.
  package func filtered(_ responses: [Answer.Response], _ document: DocumentPrompt) -> [Answer.Response] {
    guard !pipeline.steps.isEmpty else { return responses }
    let choices = pipeline.needsChoices ? Self.value(document)["choices"]?.list?.map(PythonText.of) ?? [] : []
    return responses.map { response in
      guard case .text(let text) = response else { return response }
      return .text(pipeline.apply(text, choices: choices))
    }
  }

  static func value(_ document: DocumentPrompt) -> DataValue {
    (try? JSONParser.parse(document.document)).map { DataValue($0) } ?? .null
  }
}

extension DocumentPrompt.Gold {
  /// The places of right choices.
  var places: [Int] {
    switch self {
    case .one(let place): place.map { [$0] } ?? []
    case .anyOf(let places): places.compactMap { $0 }
    }
  }

  func contains(_ pick: Int?) -> Bool { pick.map(places.contains) ?? false }
}
