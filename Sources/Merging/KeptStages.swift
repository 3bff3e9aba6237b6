internal import Checkpoints
internal import MergeSpecs
internal import Tensors

/// A stage that lies on disk as a checkpoint of its own.
public struct KeptStage: Sendable {
  /// The name of the stage.
  public var name: String
  /// The folder.
  public var path: String
  /// Whether an earlier run had made it.
  public var isReused: Bool
}

/// Writes the stages of a merge as checkpoints, or finds those that an earlier run has written.
///
/// A stage's folder is called after its name and a digest of all that it is made of: every step with its parameters,
/// and every file that is read, with size and time of change. So what has another recipe or other inputs has another
/// folder. A folder has its name only once it is complete.
struct KeptStages {
  /// The folder that holds the stages' folders.
  var folder: String
  var resources: MergeResources
  var progress: @Sendable (Int) -> Void

  /// Sees to it that all stages of a merge are on disk, and that the merge reads them there.
  func keep(_ merge: OpenedMerge) throws -> [KeptStage] {
    var kept: [KeptStage] = []
    for stage in merge.stages {
      guard let name = stage.name else { continue }
      let path = folder + "/" + Self.folderName(name, digest: MergeFingerprint.digest(of: stage).text)
      var model = try finished(stage, at: path)
      kept.append(KeptStage(name: name, path: path, isReused: model != nil))
      if model == nil {
        // An unfinished one is gone on with.
        var output = MergeOutput(destination: path, mode: .resume)
        output.isStage = true
        _ = try Merger.merge(stage, to: output, resources: resources, progress: progress)
        model = try ModelFolder.open(path)
      } else {
        progress(Merger.workload(of: stage.plan))
      }
      stage.storage.checkpoint = model?.weights
    }
    return kept
  }

  /// A stage that an earlier run has completed, or nil if there is none.
  private func finished(_ stage: OpenedMerge, at path: String) throws -> ModelFolder? {
    guard CheckpointWriter.isOccupied(path) else { return nil }
    let model = try ModelFolder.open(path)
    let tensors = stage.plan.outputIndex.tensors
    guard model.weights.index.tensors.count == tensors.count,
      tensors.allSatisfy({ model.weights.index[$0.name] == $0 })
    else {
      throw CheckpointError(
        .inconsistent, path: path, "this is no longer the stage that was kept here", hint: "remove the folder")
    }
    return model
  }

  /// What is odd in a name is left out of the folder's: the digest tells stages apart.
  static func folderName(_ name: String, digest: String) -> String {
    let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "_" })
    return plain + "-" + digest.prefix(16)
  }
}
