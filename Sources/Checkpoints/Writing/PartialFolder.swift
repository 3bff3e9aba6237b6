#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The hidden folder beside the destination in which a checkpoint grows until it may carry its name.
///
///     .NAME.braid-partial/journal    what is finished; its lock says that somebody is at work
///     .NAME.braid-partial/model/     what becomes the destination
///     .NAME.braid-partial/old/       what stood at the destination, for the moment between two renames
///
/// A class, because it owns the lock.
final class PartialFolder: Sendable {
  let destination: String
  let path: String
  let journalPath: String
  /// The descriptor of the journal, which holds the lock.
  let journal: Int32

  var model: String { Path.join(path, "model") }
  private var old: String { Path.join(path, "old") }

  /// Makes the folder beside the destination, or takes over the one that a killed run left, and locks it.
  ///
  /// - Throws: if another process is at work there.
  init(destination: String) throws(CheckpointError) {
    self.destination = destination
    path = Self.path(for: destination)
    journalPath = Path.join(path, "journal")
    try FileContents.makeFolder(Path.folder(of: destination))
    journal = try Self.lock(folder: path, journalPath)
    do {
      try recover()
    } catch {
      flock(journal, LOCK_UN)
      close(journal)
      throw error
    }
  }

  deinit {
    unlock()
    close(journal)
  }

  /// Lets others begin; said aloud, because a child process may hold a copy of the descriptor for a moment.
  func unlock() { flock(journal, LOCK_UN) }

  /// The hidden folder's path for a destination.
  static func path(for destination: String) -> String {
    Path.join(Path.folder(of: destination), "." + Path.lastComponent(destination) + ".braid-partial")
  }

  private static func lock(folder: String, _ journalPath: String) throws(CheckpointError) -> Int32 {
    // A run that ends just now may take the folder away between two of these calls: then try again.
    for _ in 0..<100 {
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw SystemCall.error("make the folder", folder) }
      let descriptor: Int32
      do {
        descriptor = try SystemCall.open(journalPath, O_RDWR | O_CREAT)
      } catch  where error.code == .missing {
        continue
      }
      if SystemCall.retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 {
        let code = errno
        // File systems without locks say so; work goes on there without protection against a second run.
        if code == EWOULDBLOCK {
          close(descriptor)
          throw CheckpointError(
            .occupied, path: folder, "another process is writing here",
            hint: "wait for it to end, or choose another output folder")
        }
      }
      if let here = FileStatus(descriptor: descriptor), here.identity == FileStatus(path: journalPath)?.identity {
        return descriptor
      }
      close(descriptor)
    }
    throw CheckpointError(.occupied, path: folder, "other processes keep starting and ending here")
  }

  /// Undoes or completes the renames that a killed run was in the middle of.
  private func recover() throws(CheckpointError) {
    if FileStatus(path: old) != nil {
      if FileStatus(path: destination) == nil {
        guard rename(old, destination) == 0 else { throw SystemCall.error("put back", destination) }
      } else {
        try FileContents.remove(old)
      }
    }
    // Without a model the run had either not begun or been completed: its journal means nothing.
    if FileStatus(path: model) == nil, ftruncate(journal, 0) != 0 { throw SystemCall.error("write", journalPath) }
  }

  /// What the journal says; nil if no run has left anything.
  func journalContents(tensorCount: Int) throws(CheckpointError) -> ResumeJournal.Contents? {
    ResumeJournal.Contents(try FileContents.read(journalPath), tensorCount: tensorCount)
  }

  /// Whether something stands at the destination that a run must not replace unasked.
  static func isOccupied(_ destination: String) -> Bool {
    guard let status = FileStatus(path: destination) else { return false }
    guard status.kind == .folder, let names = FileContents.names(in: destination) else { return true }
    return !names.isEmpty
  }

  /// Gives the model its final name in one step and takes the rest of the folder away.
  ///
  /// - Parameter replaces: whether what stands at the destination may go.
  func publish(replacing replaces: Bool) throws(CheckpointError) {
    let parent = Path.folder(of: destination)
    try FileContents.syncFolder(model)
    if Self.isOccupied(destination) {
      guard replaces else {
        throw CheckpointError(
          .occupied, path: destination, "something has appeared at the destination meanwhile",
          hint: "the finished checkpoint is in \(model)")
      }
      guard rename(destination, old) == 0 else { throw SystemCall.error("move aside", destination) }
    }
    guard rename(model, destination) == 0 else {
      let failure = SystemCall.error("rename to", destination)
      if FileStatus(path: old) != nil { rename(old, destination) }
      throw failure
    }
    try FileContents.syncFolder(parent)
    discard()
  }

  /// Takes the folder and all that is in it away, as far as that is possible.
  func discard() {
    for entry in [model, old] { try? FileContents.remove(entry) }
    unlink(journalPath)
    rmdir(path)
    unlock()
  }

  /// Empties the folder for a new start; the lock stays.
  func clear() throws(CheckpointError) {
    guard ftruncate(journal, 0) == 0 else { throw SystemCall.error("write", journalPath) }
    try FileContents.remove(model)
  }
}
