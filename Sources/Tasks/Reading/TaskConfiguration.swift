internal import Datasets
internal import Documents

/// What a task's file says, key by key, before any data is read.
struct TaskConfiguration: Sendable {
  /// What the model is asked for.
  enum OutputType: String, CaseIterable, Sendable {
    case generateUntil = "generate_until"
    case likelihood = "loglikelihood"
    case rolling = "loglikelihood_rolling"
    case multipleChoice = "multiple_choice"
  }

  /// How a document becomes text: a column's name, a template, fixed values, or a hook.
  enum Field: Sendable {
    case text(String, TaskPlace)
    case integer(Int)
    case list([DataValue])
    case hook(Hook, TaskPlace)

    var place: TaskPlace? {
      switch self {
      case .text(_, let place), .hook(_, let place): place
      default: nil
      }
    }
  }

  /// How the examples before a question are chosen and written.
  struct FewShot: Sendable {
    var firstN = false
    var split: String?
    var samples: [DataValue]?
    var indices: [Int]?
    var text: Field?
    var target: Field?
    var choice: Field?
    var prefix: Field?
    var targetDelimiter: String?
    var delimiter: String?
  }

  /// A metric and how it is asked for.
  struct MetricRequest: Sendable {
    var name: String
    var aggregation: String?
    var higherIsBetter: Bool?
    var options: [TaskEntry]
    var place: TaskPlace
  }

  /// A named pipeline of filters.
  struct Pipeline: Sendable {
    var name: String
    var steps: [TaskNode]
  }

  var name = ""
  var alias: String?
  var tags: [String] = []
  var dataset: DatasetRequest?
  var trainingSplit: String?
  var validationSplit: String?
  var testSplit: String?
  var documentHook: Hook?
  var resultHook: Hook?
  var text: Field?
  var target: Field?
  var choice: Field?
  var prefix: Field?
  var description: Field?
  var targetDelimiter = " "
  var fewShotDelimiter = "\n\n"
  var fewShotCount: Int?
  var fewShot = FewShot()
  var outputType = OutputType.generateUntil
  var until: [String]?
  var maximumNewTokens: Int?
  var metrics: [MetricRequest]?
  var pipelines: [Pipeline]?
  var version: DataValue?
  /// The keys as they stand, for the record of a run.
  var dump: [DataField] = []
  /// Where the data is named.
  var dataPlace: TaskPlace
  /// Where the task begins.
  var place: TaskPlace

  /// The split that is evaluated.
  var evaluatedSplit: String? { testSplit ?? validationSplit }
  /// The split that examples come from, unless they are written out.
  var exampleSplit: String? { fewShot.split ?? (fewShot.samples == nil ? preconfiguredSplit : nil) }
  private var preconfiguredSplit: String? { trainingSplit ?? validationSplit ?? testSplit }
  /// Whether examples are drawn from the evaluated documents by the harness's rule.
  var drawsFromEvaluated: Bool { fewShot.split == testSplit }
}
