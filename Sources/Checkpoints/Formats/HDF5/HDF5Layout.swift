internal import Documents
internal import Tensors

/// Lays tensors out as one HDF5 file, in the groups of an HDF5 donor if there is one, so that Keras loads it.
enum HDF5Layout {
  /// The file's name where no donor has one.
  static let fileName = "model.weights.h5"

  /// Lays out tensors, each stored in plain elements.
  ///
  /// - Parameter donor: the checkpoint whose groups and attributes are kept if it is a single HDF5 file whose datasets
  ///   the tensors are; others give a file of datasets named like the tensors.
  static func make(
    _ tensors: [TensorDescription], forms: [StoredForm], donor: Checkpoint
  ) throws(CheckpointError) -> CheckpointLayout {
    let stored = PlainForms.stored(tensors, forms)
    _ = try ShardGroups(stored, limit: .max, stem: "model", ending: "h5")
    let pattern = try pattern(donor, for: stored)
    let skeleton: HDF5Skeleton
    do throws(HDF5ListingError) {
      skeleton = try HDF5Skeleton.make(stored, donor: pattern?.bytes)
    } catch {
      throw CheckpointError(
        .refused, path: "the output",
        "HDF5 cannot hold \(error.path.map { "\(PrintableText.quoted($0)): " } ?? "")\(error.found)",
        hint: error.expected.map { "expected " + $0 })
    }
    return CheckpointLayout(
      format: HDF5.name, tensors: tensors,
      shards: [
        CheckpointLayout.Shard(
          fileName: pattern?.fileName ?? fileName, byteCount: skeleton.fileSize,
          pieces: skeleton.pieces.map { CheckpointLayout.Piece(offset: $0.offset, bytes: $0.bytes) },
          tensors: Array(tensors.indices))
      ],
      placements: zip(skeleton.data, forms).map { .init(shard: 0, offset: $0.lowerBound, form: $1) })
  }

  /// The donor's HDF5 bytes and the name that the file gets, if its datasets are the tensors.
  private static func pattern(
    _ donor: Checkpoint, for tensors: [TensorDescription]
  ) throws(CheckpointError) -> (bytes: UnsafeRawBufferPointer, fileName: String)? {
    guard donor.format == HDF5.name, donor.files.count == 1, tensors.allSatisfy({ donor.index[$0.name] != nil }) else {
      return nil
    }
    let file = donor.files[0]
    do throws(FormatError) {
      let isArchive = ZipDirectory.isBegun(file.file.bytes)
      guard let part = try HDF5.part(of: file.file.bytes, file: file.path) else { return nil }
      return (UnsafeRawBufferPointer(rebasing: file.file.bytes[part]), isArchive ? fileName : file.name)
    } catch {
      throw CheckpointError(error)
    }
  }
}
