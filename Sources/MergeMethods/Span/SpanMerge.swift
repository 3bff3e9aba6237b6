internal import Kernels

/// A merge whose output is Σ cᵢ·xᵢ, with coefficients that depend on the inputs through their Gram matrix at most.
///
/// One streaming pass for the Gram matrix, where it is needed, a tiny computation of the coefficients, one pass for
/// the combination.
final class SpanMerge: TensorMerge {
  /// How the coefficients come about.
  enum Coefficients {
    case known([Double])
    case fromGram((GramMatrix) throws(MergeMethodError) -> [Double])
  }

  private let task: MergeTask
  private let coefficients: Coefficients
  private var survey: GramSurvey?

  init(task: MergeTask, coefficients: Coefficients) {
    self.task = task
    self.coefficients = coefficients
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    switch coefficients {
    case .known(let values): return .combine(LinearCombination(values))
    case .fromGram(let compute):
      if let survey { return .combine(LinearCombination(try compute(survey.matrix))) }
      let survey = GramSurvey(task: task)
      self.survey = survey
      return .survey(survey)
    }
  }
}

/// Σ cᵢ·xᵢ over all inputs.
struct LinearCombination: Combination {
  let coefficients: [Float]

  init(_ coefficients: [Double]) { self.coefficients = coefficients.map(Float.init) }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    VectorKernels.best.combine(block.inputs, coefficients: coefficients, into: output)
  }
}
