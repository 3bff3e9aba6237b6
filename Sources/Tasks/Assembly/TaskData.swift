internal import Datasets

/// The documents of a task: those to be evaluated, and those that examples come from.
struct TaskData {
  let columns: [String]
  let evaluated: [DataValue]
  private let configuration: TaskConfiguration
  private let dataset: Dataset

  init(_ configuration: TaskConfiguration, finder: DatasetFinder) throws(TaskError) {
    guard let request = configuration.dataset, let split = configuration.evaluatedSplit else {
      throw TaskError(at: configuration.place, "the task \"\(configuration.name)\" names no data")
    }
    self.configuration = configuration
    do {
      dataset = try finder.dataset(request)
      let table = try dataset.table(split)
      let documents = configuration.documentHook?.documents(table.rows) ?? table.rows
      evaluated = documents
      columns = documents.first?.fields.map { $0.map(\.name) } ?? table.columns
    } catch {
      throw Self.fault(error, configuration)
    }
  }

  /// The documents that examples are drawn from.
  func examples() throws(TaskError) -> [DataValue] {
    var pool: [DataValue]
    if configuration.fewShot.split == nil, let samples = configuration.fewShot.samples {
      pool = samples
    } else if let split = configuration.exampleSplit {
      do {
        let rows = try dataset.table(split).rows
        pool = configuration.documentHook?.examples(rows) ?? rows
      } catch {
        throw Self.fault(error, configuration)
      }
    } else {
      pool = evaluated
    }
    if let indices = configuration.fewShot.indices, !indices.isEmpty {
      guard indices.allSatisfy(pool.indices.contains) else {
        throw TaskError(at: configuration.place, "fewshot_indices names documents beyond the \(pool.count) there are")
      }
      pool = indices.map { pool[$0] }
    }
    return pool
  }

  private static func fault(_ error: DataError, _ configuration: TaskConfiguration) -> TaskError {
    var message = "the data of the task \"\(configuration.name)\" cannot be read: \(error.file)"
    if let place = error.place { message += ", \(place)" }
    return TaskError(at: configuration.dataPlace, "\(message): \(error.message)", hint: error.hint)
  }
}
