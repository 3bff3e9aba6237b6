internal import MergeSpecs
internal import Tensors

extension OpenedMerge {
  /// A model that goes into a merge, directly or through stages.
  struct Origin {
    /// The reference in the spec.
    var reference: String
    /// The model.
    var model: ParentModel
    /// Whether configuration and tokenizer come from it.
    var isDonor: Bool
  }

  /// The models that go into the merge, each once, those of the first stage first.
  var origins: [Origin] {
    let donor = originalDonor
    var seen: Set<String> = []
    return (stages + [self]).flatMap { merge in
      zip(merge.plan.models, merge.parents).filter { $1.stage == nil }.map { model, parent in
        Origin(reference: model.reference, model: parent, isDonor: model.reference == donor)
      }
    }.filter { seen.insert($0.reference).inserted }
  }

  /// The reference of the donor: that of the stage's, where a stage is the donor, and so on.
  private var originalDonor: String {
    var merge = self
    while let name = merge.donor.stage, let stage = stages.first(where: { $0.name == name }) { merge = stage }
    return merge.plan.models[merge.plan.donor].reference
  }

  /// The digest of all that was read of a model, whichever stage has read it, and of how many tensors that was.
  func digest(of origin: Origin) -> (text: String, tensors: Int) {
    InputDigests.digest(
      of: (stages + [self]).flatMap { merge in
        merge.plan.models.indices.filter { merge.plan.models[$0].reference == origin.reference }
          .flatMap { merge.digests.lines(ofModel: $0) }
      })
  }

  /// Reads what went into the merge and has not passed by.
  func completeDigests(threads: Int) throws {
    for merge in stages + [self] {
      try merge.digests.complete(merge.plan, sources: merge.sources, threads: threads)
    }
  }
}
