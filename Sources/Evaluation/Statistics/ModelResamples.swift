/// A model's observations on every task, and what its metrics come to in each resample of the prompts.
struct ModelResamples {
  /// What there is of one metric.
  struct Values {
    var metric: any Metric
    var observations: [Observation]
    /// The metric's value in each resample.
    var resampled: [Double]
  }

  /// The values of each task, its main metric first.
  let tasks: [[Values]]

  /// Takes values that are there.
  init(tasks: [[Values]]) { self.tasks = tasks }

  init(_ answers: [Answer], prompts: PromptSet, bootstrap: PairedBootstrap) {
    tasks = prompts.tasks.map { task in
      task.metrics.map { metric in
        let observations = task.range.compactMap { metric.observe(answers[$0], to: prompts.prompts[$0]) }
        return Values(
          metric: metric, observations: observations,
          resampled: bootstrap.values(metric, task: task.name, of: observations))
      }
    }
  }
}
