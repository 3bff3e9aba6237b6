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
  public let roundingErrors: RoundingErrors

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
      roundingErrors = RoundingErrors(layout)
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

  /// Addresses and file offsets that agree modulo this are written past the page cache.
  public static var alignment: Int { ShardFile.alignment }

  /// Where a run of a tensor's elements goes.
  ///
  /// A run of a tensor that is stored in blocks begins and ends at a block's border.
  public func band(tensor: Int, elements: Range<Int>) -> StoredBand {
    let placement = layout.placements[tensor]
    let start = placement.form.elements.byteCount(elements: elements.lowerBound)
    return StoredBand(
      tensor: tensor, elements: elements, fileOffset: placement.offset + start,
      byteCount: placement.form.elements.byteCount(elements: elements.upperBound) - start,
      isPlain: placement.form.isPlain(for: layout.tensors[tensor].dtype))
  }

  /// Turns elements of a band into what the file stores; any thread.
  ///
  /// - Parameters:
  ///   - bytes: elements as the layout's tensors describe them; they begin and end at a block's border.
  ///   - first: the number of the first of them.
  ///   - stored: the whole band's bytes, of which those are filled in.
  public func encode(
    _ bytes: UnsafeRawBufferPointer, from first: Int, of band: StoredBand, into stored: UnsafeMutableRawBufferPointer
  ) {
    let cost = encoder(of: band.tensor).encode(bytes, from: first, of: band.elements, into: stored)
    roundingErrors.take(cost, tensor: band.tensor)
  }

  /// Writes the stored bytes of a band; any thread, any order.
  public func write(_ stored: UnsafeRawBufferPointer, of band: StoredBand) throws(CheckpointError) {
    let start = layout.placements[band.tensor].offset
    try encoder(of: band.tensor).forEachPiece(of: stored, band.elements) { piece, offset throws(CheckpointError) in
      try write(piece, tensor: band.tensor, at: start + offset)
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, tensor: Int, at offset: Int) throws(CheckpointError) {
    let placement = layout.placements[tensor]
    guard isOpen.load(ordering: .relaxed), offset >= placement.offset,
      bytes.count <= layout.storedByteCount(of: tensor) - (offset - placement.offset)
    else { throw refusal(of: bytes.count, at: offset - placement.offset, tensor) }
    try shards[placement.shard].write(bytes, at: offset)
    digests.add(bytes, tensor: tensor, byteOffset: offset - placement.offset)
  }

  private func encoder(of tensor: Int) -> FormEncoder {
    FormEncoder(tensor: layout.tensors[tensor], form: layout.placements[tensor].form)
  }

  /// Encodes and writes elements of a tensor; any thread, any order.
  ///
  /// - Parameters:
  ///   - bytes: elements as the layout's tensors describe them; they begin and end at a block's border.
  ///   - byteOffset: where they begin in the tensor as it is described.
  public func write(_ bytes: UnsafeRawBufferPointer, tensor: Int, byteOffset: Int) throws(CheckpointError) {
    guard isOpen.load(ordering: .relaxed), layout.tensors.indices.contains(tensor), byteOffset >= 0,
      bytes.count <= layout.tensors[tensor].byteCount - byteOffset
    else { throw refusal(of: bytes.count, at: byteOffset, tensor) }
    let size = layout.tensors[tensor].dtype.byteCount
    let first = byteOffset / size
    let band = band(tensor: tensor, elements: first..<first + bytes.count / size)
    if band.isPlain { return try write(bytes, of: band) }
    let stored = UnsafeMutableRawBufferPointer.allocate(byteCount: band.byteCount, alignment: 64)
    defer { stored.deallocate() }
    encode(bytes, from: first, of: band, into: stored)
    try write(UnsafeRawBufferPointer(stored), of: band)
  }

  private func refusal(of count: Int, at offset: Int, _ tensor: Int) -> CheckpointError {
    CheckpointError(
      .refused, path: destination, "a write of \(count) bytes at \(offset) lies outside tensor \(tensor)")
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
      var checksums: [Int: Checksum] = [:]
      for tensor in shard.tensors {
        let summary = digests.summary(of: tensor, in: file)
        record.set(summary.digest, tensor: tensor)
        checksums[tensor] = summary.checksum
      }
      let pieces = layout.closing?.pieces(ofShard: number) { checksums[$0] ?? Checksum() }
      for piece in pieces ?? [] { try shards[number].write(piece) }
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
