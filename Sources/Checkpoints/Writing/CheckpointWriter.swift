package import Documents
internal import Synchronization
internal import Tensors

/// Writes a checkpoint folder that appears under its name only when it is complete.
///
/// Tensors are written in pieces, by any thread and in any order, at places that the layout fixed beforehand. Until
/// ``finish()`` everything lies in a hidden folder beside the destination; a killed run leaves that folder, and a
/// later one with the same fingerprint goes on from what its journal says.
///
/// A class, because it owns open files that many threads write to.
public final class CheckpointWriter: Sendable {
  /// What to do about what stands at the destination or is left of an earlier run.
  public enum Mode: Sendable {
    /// Refuse if there is anything.
    case fresh
    /// Replace the destination, once the new checkpoint is complete; forget an earlier run.
    case force
    /// Go on with an earlier run if it had the same fingerprint; begin if there was none.
    case resume
  }

  /// The files and the places of the tensors in them.
  public let layout: CheckpointLayout
  /// The folder that the checkpoint will be.
  public let destination: String
  /// The tensors that an earlier run had finished.
  public let finishedTensors: Set<Int>

  /// What conversions on the way to the files have cost.
  public let roundingErrors = RoundingErrors()

  private let digests: TensorDigests
  private let folder: PartialFolder
  private let shards: [ShardFile]
  private let journal: FinishedTensors
  private let replaces: Bool
  private let isOpen = Atomic(true)
  private let record: Mutex<CheckpointRecord?> = Mutex(nil)

  /// Prepares the files of a checkpoint; space for all of them is reserved at once.
  ///
  /// - Parameters:
  ///   - destination: the folder to make.
  ///   - fingerprint: a text that is equal exactly when the plan and the contents of its inputs are.
  ///   - allowsDirect: whether whole pages may be written past the page cache where the file system can do it.
  public init(
    destination: String, layout: CheckpointLayout, fingerprint: String, mode: Mode, allowsDirect: Bool = true
  ) throws(CheckpointError) {
    let destination = try Path.resolvingLink(destination)
    try Self.checkVacancy(of: destination, mode, replaces: mode != .fresh)
    let folder = try PartialFolder(destination: destination)
    do {
      let start = try Self.start(in: folder, layout, fingerprint, mode)
      try FileContents.makeFolder(folder.model)
      self.layout = layout
      digests = TensorDigests(layout)
      self.destination = destination
      self.folder = folder
      replaces = start.replaces
      finishedTensors = start.finished
      try Self.checkRoom(for: layout, in: folder.model)
      var shards: [ShardFile] = []
      for shard in layout.shards {
        shards.append(
          try ShardFile(
            path: Path.join(folder.model, shard.fileName), byteCount: shard.byteCount, pieces: shard.pieces,
            allowsDirect: allowsDirect))
      }
      self.shards = shards
      journal = FinishedTensors(journal: start.journal, finished: start.finished, layout: layout, shards: shards)
    } catch {
      // Nothing was there before and nothing is worth keeping: leave no trace of a start that failed.
      if mode == .force || (try? folder.journalContents(tensorCount: layout.tensors.count))?.finished.isEmpty == true,
        error.code != .occupied, error.code != .refused
      {
        folder.discard()
      }
      throw error
    }
  }

  // MARK: Starting

  private struct Start {
    var journal: ResumeJournal
    var finished: Set<Int>
    var replaces: Bool
  }

  /// Whether something stands at a destination that only ``Mode/force`` may replace.
  public static func isOccupied(_ destination: String) -> Bool { PartialFolder.isOccupied(destination) }

  private static func checkVacancy(of destination: String, _ mode: Mode, replaces: Bool) throws(CheckpointError) {
    guard !replaces, PartialFolder.isOccupied(destination) else { return }
    throw CheckpointError(
      .occupied, path: destination,
      mode == .resume ? "the folder is not empty, and no unfinished run is left to resume" : "the folder is not empty",
      hint: "--force replaces it once the new checkpoint is complete")
  }

  private static func checkRoom(for layout: CheckpointLayout, in folder: String) throws(CheckpointError) {
    let needed = layout.shards.reduce(0) { sum, shard in
      sum + max(0, shard.byteCount - (FileStatus(path: Path.join(folder, shard.fileName))?.allocatedByteCount ?? 0))
    }
    try FreeSpace.check(for: needed, in: folder)
  }

  private static func start(
    in folder: PartialFolder, _ layout: CheckpointLayout, _ fingerprint: String, _ mode: Mode
  ) throws(CheckpointError) -> Start {
    var heading = ResumeJournal.Heading(
      fingerprint: fingerprint, layout: layout.digest, replaces: mode == .force)
    let left = try folder.journalContents(tensorCount: layout.tensors.count)
    if let left, mode == .fresh {
      throw CheckpointError(
        .occupied, path: folder.destination,
        "an unfinished run is left here, with \(left.finished.count) tensors written (in \(folder.path))",
        hint: "--resume goes on with it, --force begins anew")
    }
    if let left, mode == .resume {
      heading.replaces = left.heading.replaces
      guard left.heading == heading else {
        throw CheckpointError(
          .refused, path: folder.destination,
          "the unfinished run left here had another spec, other options or other inputs (in \(folder.path))",
          hint: "--force begins anew")
      }
      try checkVacancy(of: folder.destination, mode, replaces: heading.replaces)
      let journal = try ResumeJournal(continuing: left, descriptor: folder.journal, path: folder.journalPath)
      return Start(journal: journal, finished: left.finished, replaces: heading.replaces)
    }
    do {
      try checkVacancy(of: folder.destination, mode, replaces: heading.replaces)
    } catch {
      folder.discard()
      throw error
    }
    try folder.clear()
    let journal = try ResumeJournal(starting: heading, descriptor: folder.journal, path: folder.journalPath)
    return Start(journal: journal, finished: [], replaces: heading.replaces)
  }

  // MARK: Tensors

  /// The offset in its file of a byte of a tensor.
  ///
  /// A buffer whose address agrees with this offset modulo ``alignment`` is written fastest.
  public func fileOffset(tensor: Int, byteOffset: Int) -> Int {
    let placement = layout.placements[tensor]
    return placement.form.isPlain(for: layout.tensors[tensor].dtype) ? placement.offset + byteOffset : 0
  }

  /// Addresses and file offsets that agree modulo this are written past the page cache.
  public static var alignment: Int { ShardFile.alignment }

  /// Writes a piece of a tensor; any thread, any order.
  ///
  /// The bytes are elements as the layout's tensors describe them; what the file stores in another form is converted
  /// here. A piece of a tensor that is stored in blocks begins and ends at a block's border.
  public func write(_ bytes: UnsafeRawBufferPointer, tensor: Int, byteOffset: Int) throws(CheckpointError) {
    guard isOpen.load(ordering: .relaxed), layout.tensors.indices.contains(tensor), byteOffset >= 0,
      bytes.count <= layout.tensors[tensor].byteCount - byteOffset
    else {
      throw CheckpointError(
        .refused, path: destination, "a write of \(bytes.count) bytes at \(byteOffset) lies outside tensor \(tensor)")
    }
    let placement = layout.placements[tensor]
    let (description, shard) = (layout.tensors[tensor], shards[placement.shard])
    guard !placement.form.isPlain(for: description.dtype) else {
      try shard.write(bytes, at: placement.offset + byteOffset)
      return digests.add(bytes, tensor: tensor, byteOffset: byteOffset)
    }
    try FormEncoder(tensor: description, form: placement.form).encode(
      bytes, from: byteOffset / description.dtype.byteCount, errors: roundingErrors
    ) { bytes, offset throws(CheckpointError) in
      try shard.write(bytes, at: placement.offset + offset)
      digests.add(bytes, tensor: tensor, byteOffset: offset)
    }
  }

  /// Says that every piece of a tensor has been written; soon afterwards the journal knows it.
  public func finished(tensor: Int) throws(CheckpointError) { try journal.add(tensor) }

  // MARK: Other files

  /// Puts a file beside the weights.
  ///
  /// - Parameter file: its path inside the folder.
  public func add(file: String, bytes: [UInt8]) throws(CheckpointError) {
    let path = try place(for: file)
    try FileContents.write(bytes, to: path)
  }

  /// Puts a copy of a file beside the weights.
  ///
  /// - Parameter file: its path inside the folder.
  public func add(copyOf source: String, as file: String) throws(CheckpointError) {
    let path = try place(for: file)
    try MappedFile.withBytes(of: source) { bytes throws(CheckpointError) in try FileContents.write(bytes, to: path) }
  }

  private func place(for file: String) throws(CheckpointError) -> String {
    let reserved =
      layout.shards.contains { $0.fileName == file } || [layout.shardList?.name, CheckpointRecord.name].contains(file)
    guard isOpen.load(ordering: .relaxed), Path.isContained(file), !reserved else {
      throw CheckpointError(.refused, path: Path.join(destination, file), "this file cannot be put beside the weights")
    }
    let path = Path.join(folder.model, file)
    try FileContents.makeFolder(Path.folder(of: path))
    return path
  }

  // MARK: The end

  /// Completes the weight files, after which no tensor can be written any more.
  ///
  /// - Returns: one digest for all tensors.
  /// - Throws: if a tensor has not been finished, or the system fails.
  @discardableResult
  package func seal() throws(CheckpointError) -> ContentDigest {
    if let digest = record.withLock({ $0?.digest }) { return digest }
    let missing = try journal.missing()
    guard missing.isEmpty else {
      throw CheckpointError(
        .refused, path: destination,
        "\(missing.count) tensors have not been written, \(PrintableText.quoted(layout.tensors[missing[0]].name)) among them"
      )
    }
    let sealed = try close()
    record.withLock { $0 = sealed }
    return sealed.digest
  }

  /// Adds a member to the record of the checkpoint, once the weights are complete.
  package func addToRecord(_ member: String, _ value: JSONValue) {
    record.withLock { $0?.additions.append((member, value)) }
  }

  /// Waits until everything is on the device and gives the folder its name.
  ///
  /// - Throws: if a tensor has not been finished, or the system fails; the partial folder then stays.
  public func finish() throws(CheckpointError) {
    try seal()
    if let bytes = record.withLock({ $0?.bytes }) {
      try FileContents.write(bytes, to: Path.join(folder.model, CheckpointRecord.name))
    }
    if let list = layout.shardList { try FileContents.write(list.bytes, to: Path.join(folder.model, list.name)) }
    isOpen.store(false, ordering: .relaxed)
    for shard in shards { try shard.sync() }
    try folder.publish(replacing: replaces)
  }

  /// Writes what depends on the elements, such as checksums inside the files, and digests all tensors.
  private func close() throws(CheckpointError) -> CheckpointRecord {
    var record = CheckpointRecord(layout)
    for (number, shard) in layout.shards.enumerated() {
      let file = try MappedFile(path: shards[number].path)
      for piece in layout.closing?.pieces(ofShard: number, elements: file) ?? [] { try shards[number].write(piece) }
      for tensor in shard.tensors { record.set(digests.digest(of: tensor, in: file), tensor: tensor) }
    }
    return record
  }

  /// Stops without a result.
  ///
  /// - Parameter keepingPartial: whether what was written stays for a later run to resume.
  public func abandon(keepingPartial: Bool) {
    isOpen.store(false, ordering: .relaxed)
    if keepingPartial {
      try? journal.flush()
      folder.unlock()
    } else {
      folder.discard()
    }
  }
}
