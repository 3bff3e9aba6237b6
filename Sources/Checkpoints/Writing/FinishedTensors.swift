internal import Dispatch
internal import Synchronization
internal import Tensors

/// Brings finished tensors into the journal, in batches, without holding up those who finish them.
///
/// A tensor is recorded only after the shard it lies in has been synced, so the journal never promises what a power
/// cut could take back. Syncing runs on a queue of its own.
///
/// A class, because its state belongs to all writing threads.
final class FinishedTensors: Sendable {
  /// A batch is recorded when it holds this many bytes…
  private static let batchByteCount = 256_000_000
  /// …or when the last one was recorded so long ago.
  private static let batchInterval = Duration.seconds(1)

  private struct State {
    var journal: ResumeJournal
    var finished: Set<Int>
    var pending: [Int] = []
    var pendingByteCount = 0
    var lastFlush = ContinuousClock.now
    var isFlushing = false
    var failure: CheckpointError?
  }

  private let state: Mutex<State>
  private let layout: CheckpointLayout
  private let shards: [ShardFile]
  private let queue = DispatchQueue(label: "checkpoint journal")

  init(journal: ResumeJournal, finished: Set<Int>, layout: CheckpointLayout, shards: [ShardFile]) {
    state = Mutex(State(journal: journal, finished: finished))
    self.layout = layout
    self.shards = shards
  }

  /// Adds a tensor whose bytes have all been written.
  ///
  /// - Throws: what went wrong with an earlier batch.
  func add(_ tensor: Int) throws(CheckpointError) {
    let starts = try state.withLock { state throws(CheckpointError) in
      if let failure = state.failure { throw failure }
      guard layout.tensors.indices.contains(tensor), state.finished.insert(tensor).inserted else { return false }
      state.pending.append(tensor)
      state.pendingByteCount += layout.storedByteCount(of: tensor)
      let isDue =
        state.pendingByteCount >= Self.batchByteCount || ContinuousClock.now - state.lastFlush >= Self.batchInterval
      guard isDue, !state.isFlushing else { return false }
      state.isFlushing = true
      return true
    }
    if starts { queue.async { try? self.recordBatch() } }
  }

  /// The tensors that have not been finished, once everything that has been is recorded.
  func missing() throws(CheckpointError) -> [Int] {
    try flush()
    return state.withLock { state in layout.tensors.indices.filter { !state.finished.contains($0) } }
  }

  /// Records what is waiting and returns when that is done.
  func flush() throws(CheckpointError) {
    let result: Result<Void, CheckpointError> = queue.sync {
      do throws(CheckpointError) {
        return .success(try recordBatch())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Syncs the shards of the waiting tensors and records them; runs on the queue only, one at a time.
  private func recordBatch() throws(CheckpointError) {
    let batch = state.withLock { state in
      defer {
        state.pending = []
        state.pendingByteCount = 0
      }
      return state.pending
    }
    do throws(CheckpointError) {
      for shard in Set(batch.map { layout.placements[$0].shard }).sorted() { try shards[shard].sync() }
      try state.withLock { state throws(CheckpointError) in
        if let failure = state.failure { throw failure }
        if !batch.isEmpty { try state.journal.append(finished: batch) }
        state.lastFlush = ContinuousClock.now
        state.isFlushing = false
      }
    } catch {
      state.withLock { state in
        state.failure = error
        state.isFlushing = false
      }
      throw error
    }
  }
}
