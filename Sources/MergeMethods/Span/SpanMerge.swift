internal import Kernels
internal import Tensors

/// A merge whose output is Σ cᵢ·xᵢ, with coefficients that depend on the inputs through their Gram matrix at most.
///
/// One streaming pass for the Gram matrix, where it is needed, a tiny computation of the coefficients, one pass for
/// the combination. The matrix and the coefficients may be those of the whole tensor, of each row or of each column.
final class SpanMerge: TensorMerge {
  /// How the coefficients come about.
  enum Coefficients {
    case known([Double])
    case fromGram(of: Extent, (GramMatrix) throws(MergeMethodError) -> [Double])
  }

  /// What one set of coefficients holds for.
  enum Extent {
    /// The whole tensor.
    case tensor
    /// Vectors along the last axis.
    case row
    /// Vectors along the first axis.
    case column
  }

  private let task: MergeTask
  private let coefficients: Coefficients
  private var survey: (any Survey)?

  init(task: MergeTask, coefficients: Coefficients) {
    self.task = task
    self.coefficients = coefficients
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    switch coefficients {
    case .known(let values): return .combine(LinearCombination(values))
    case .fromGram(of: let extent, let compute):
      if let survey { return .combine(try combination(after: survey, compute)) }
      let survey = survey(of: extent)
      self.survey = survey
      return .survey(survey)
    }
  }

  private func survey(of extent: Extent) -> any Survey {
    // A vector is one row and one column, whatever was asked for.
    switch task.shape.dimensions.count > 1 && task.shape.elementCount > 0 ? extent : .tensor {
    case .tensor: GramSurvey(task: task)
    case .row: RowGramSurvey(task: task)
    case .column: ColumnGramSurvey(task: task)
    }
  }

  private func combination(
    after survey: any Survey, _ compute: (GramMatrix) throws(MergeMethodError) -> [Double]
  ) throws(MergeMethodError) -> any Combination {
    if let survey = survey as? GramSurvey { return LinearCombination(try compute(survey.matrix)) }
    if let survey = survey as? RowGramSurvey {
      var rows: [[Float]] = []
      for matrix in survey.matrices { rows.append(try compute(matrix).map(Float.init)) }
      return RowCombination(rowLength: task.shape.rowLength, coefficients: rows)
    }
    var columns: [[Float]] = Array(repeating: [], count: task.inputCount)
    for matrix in (survey as? ColumnGramSurvey)?.matrices ?? [] {
      for (input, value) in try compute(matrix).enumerated() { columns[input].append(Float(value)) }
    }
    return ColumnCombination(columns: task.columnCount, coefficients: columns)
  }
}

/// Σ cᵢ·xᵢ over all inputs.
struct LinearCombination: Combination {
  let coefficients: [Float]

  init(_ coefficients: [Double]) { self.coefficients = coefficients.map(Float.init) }

  var takesBFloat16: Bool { true }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    block.withAddresses {
      VectorKernels.best.combine($0, bfloat16: block.isBFloat16, coefficients: coefficients, into: output)
    }
  }
}
