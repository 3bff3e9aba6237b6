internal import Checkpoints
package import Documents
internal import MergeSpecs
internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// How a checkpoint was merged: what `braid-record.json` says beside the digests of the tensors, and what it takes to
/// do the same again.
package struct MergeRecord: Sendable {
  /// The member of the record.
  static let member = "merge"

  /// The version of the program that merged.
  var version: String
  /// What the merged model was called.
  var name: String
  /// The folder that relative paths in the spec start from.
  var folder: String
  /// The options that decide over the output's bytes.
  var options: OutputOptions
  /// Whether keys of the spec that mean nothing were let pass.
  var isLenient: Bool
  /// Whether the folder has a model card.
  var hasCard: Bool
  /// The models, in the order of the plans.
  package var parents: [Parent]

  /// A model that was merged.
  package struct Parent: Sendable, Hashable {
    /// The reference in the spec.
    var reference: String
    /// The digest of the tensors that were read of it.
    package var digest: String
    /// How many tensors were read.
    var tensors: Int
  }

  /// The merge's record.
  init(of merge: OpenedMerge, output: MergeOutput) {
    version = BraidVersion.text
    // A merge that is done again is to say the same as the first time, wherever it is done.
    name = output.original?.name ?? OpenedModel.name(of: merge.file)
    folder = output.original?.folder ?? URL(fileURLWithPath: merge.home).standardizedFileURL.path
    options = output.options
    isLenient = merge.isLenient
    hasCard = output.writesCard
    parents = merge.origins.map { origin in
      let digest = merge.digest(of: origin)
      return Parent(reference: origin.reference, digest: digest.text, tensors: digest.tensors)
    }
  }

  /// Reads the record of a folder; nil if it has none of a merge.
  package init?(_ root: JSONNode) {
    guard let merge = root[Self.member], let version = merge["braid"]?.string, let folder = merge["folder"]?.string,
      let name = merge["name"]?.string,
      let format = (merge["options"]?["format"]?.string).flatMap(OutputOptions.Format.init(rawValue:))
    else { return nil }
    self.version = version
    self.name = name
    self.folder = folder
    options = OutputOptions(
      format: format, dtype: (merge["options"]?["dtype"]?.string).flatMap(DType.init(rawValue:)),
      quantization: (merge["options"]?["quantize"]?.string).flatMap(BlockFormat.init(rawValue:)),
      maximumShardSize: (merge["options"]?["max_shard_size"]?.int).flatMap { $0 > 0 ? $0 : nil })
    isLenient = merge["options"]?["lenient"]?.bool ?? false
    hasCard = merge["options"]?["card"]?.bool ?? true
    parents = (merge["parents"]?.array ?? []).compactMap { parent in
      guard let reference = parent["model"]?.string, let digest = parent["xxh3_128"]?.string else { return nil }
      return Parent(reference: reference, digest: digest, tensors: parent["tensors"]?.int ?? 0)
    }
  }

  /// The record as JSON.
  var json: JSONValue {
    .object([
      ("braid", .string(version)), ("name", .string(name)), ("spec", .string(Merger.specName)),
      ("folder", .string(folder)),
      (
        "options",
        .object([
          ("format", .string(options.format.rawValue)),
          ("dtype", options.dtype.map { .string($0.rawValue) } ?? .null),
          ("quantize", options.quantization.map { .string($0.rawValue) } ?? .null),
          ("max_shard_size", options.maximumShardSize.map { .integer($0) } ?? .null), ("lenient", .bool(isLenient)),
          ("card", .bool(hasCard)),
        ])
      ),
      (
        "parents",
        .array(
          parents.map {
            .object([
              ("model", .string($0.reference)), ("tensors", .integer($0.tensors)), ("xxh3_128", .string($0.digest)),
            ])
          })
      ),
    ])
  }
}

/// The version of the program and its library.
public enum BraidVersion {
  /// The version as `braid --version` prints it.
  public static let text = "0.2.0"
}
