internal import Checkpoints
internal import Documents
internal import MergeSpecs
internal import Tensors

/// A merge done again from the record that it left, and what came out differently.
public struct Replay: Sendable {
  /// What differs, a line for each file; empty if every byte is equal.
  public let differences: [String]
  /// What can explain the differences.
  public let reasons: [String]
  /// How many files were compared.
  public let files: Int

  /// A merge that can be done again.
  public struct Prepared: Sendable {
    /// The folder with the result of the first time.
    public let folder: String
    /// The merge, opened anew.
    public let merge: OpenedMerge
    fileprivate let record: MergeRecord
  }

  /// Opens the merge that a folder came from.
  ///
  /// - Parameter home: the folder that relative paths in the spec start from, if it is no longer the recorded one.
  /// - Throws: a `CheckpointError` if the folder has no record of a merge, or whatever opening the merge throws.
  public static func prepare(_ folder: String, home: String? = nil) throws -> Prepared {
    let path = folder + "/" + CheckpointRecord.name
    guard let record = MergeRecord(try JSONFile(path: path).root) else {
      throw CheckpointError(
        .refused, path: path, "the record does not say how the checkpoint was merged",
        hint: "only what `braid merge` wrote can be merged again")
    }
    let merge = try OpenedMerge.open(
      folder + "/" + Merger.specName, lenient: record.isLenient,
      // What went into the first merge goes into this one.
      overriding: MergeOverrides(allowsNonFinite: true), home: home ?? record.folder)
    return Prepared(folder: folder, merge: merge, record: record)
  }

  /// Merges again and compares every file.
  ///
  /// - Parameters:
  ///   - output: where to keep the new result; nil for a temporary folder beside the old one.
  ///   - progress: called with the number of bytes read and written since the last call, from any thread.
  public static func run(
    _ prepared: Prepared, keeping output: String? = nil, resources: MergeResources,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> Replay {
    let record = prepared.record
    let destination = output ?? temporaryFolder(beside: prepared.folder)
    var options = MergeOutput(
      destination: destination, options: record.options, mode: output == nil ? .force : .fresh,
      writesCard: record.hasCard)
    options.original = record
    defer { if output == nil { try? FolderComparison.remove(destination) } }
    _ = try Merger.merge(prepared.merge, to: options, resources: resources, progress: progress)
    let differences = try FolderComparison.differences(old: prepared.folder, new: destination)
    let now = MergeRecord(try JSONFile(path: destination + "/" + CheckpointRecord.name).root)
    return Replay(
      differences: differences, reasons: differences.isEmpty ? [] : reasons(record, now),
      files: FolderComparison.files(in: prepared.folder).count)
  }

  private static func reasons(_ then: MergeRecord, _ now: MergeRecord?) -> [String] {
    var reasons: [String] = []
    if then.version != BraidVersion.text {
      reasons.append("it was merged by braid \(then.version); this is \(BraidVersion.text)")
    }
    for (old, new) in zip(then.parents, now?.parents ?? []) where old != new {
      reasons.append("\(PrintableText.of(old.reference)) is no longer what it was")
    }
    return reasons
  }

  private static func temporaryFolder(beside folder: String) -> String {
    var folder = folder[...]
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    guard let slash = folder.lastIndex(of: "/") else { return ".\(folder).replay" }
    return "\(folder[...slash]).\(folder[folder.index(after: slash)...]).replay"
  }
}
