import BraidTesting
import Checkpoints
import Tensors

/// A small checkpoint to write in tests: what is in it, and how it is written.
struct WriterTrial {
  let source: MemorySource
  let layout: CheckpointLayout
  let fingerprint = "trial"

  /// Tensors of odd sizes, so that hardly any begins or ends at a page; an empty one and a single number too.
  init(shardSize: Int = 60_000, seed: UInt64 = 1) throws {
    var generator = SeededGenerator(seed: seed)
    let sizes = [1, 4096, 0, 8192, 12_345, 50_001, 33, 4095, 20_480, 7]
    let tensors = sizes.enumerated().map { number, size in
      (
        description: TensorDescription(name: "t.\(number)", dtype: .uint8, shape: [size]),
        bytes: (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
      )
    }
    source = MemorySource(tensors)
    layout = try SafetensorsLayout.make(source.index.tensors, maxShardSize: shardSize)
  }

  func writer(
    at destination: String, _ mode: CheckpointWriter.Mode = .fresh, fingerprint: String? = nil, direct: Bool = true
  ) throws -> CheckpointWriter {
    try CheckpointWriter(
      destination: destination, layout: layout, fingerprint: fingerprint ?? self.fingerprint, mode: mode,
      allowsDirect: direct)
  }

  /// Writes one tensor in pieces from memory that agrees with the file's pages, as the executor does.
  func write(_ tensor: Int, with writer: CheckpointWriter, pieces: Int = 1 << 20, congruent: Bool = true) throws {
    let bytes = try source.bytes(of: layout.tensors[tensor].name)
    let alignment = CheckpointWriter.alignment
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: pieces + 2 * alignment, alignment: alignment)
    defer { room.deallocate() }
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      let piece = bytes[start..<min(bytes.count, start + pieces)]
      let place =
        writer.band(tensor: tensor, elements: start..<start + piece.count).fileOffset % alignment + (congruent ? 0 : 1)
      let memory = UnsafeMutableRawBufferPointer(rebasing: room[place..<place + piece.count])
      memory.copyBytes(from: piece)
      try writer.write(UnsafeRawBufferPointer(memory), tensor: tensor, byteOffset: start)
    }
    try writer.finished(tensor: tensor)
  }

  /// Writes everything that is not yet finished.
  func writeRest(with writer: CheckpointWriter) throws {
    for tensor in layout.tensors.indices where !writer.finishedTensors.contains(tensor) {
      try write(tensor, with: writer)
    }
  }

  /// All files of a folder with their bytes.
  static func contents(of folder: String) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in try Files.list(folder) { contents[name] = try Files.bytes(folder + "/" + name) }
    return contents
  }

  /// What a finished folder must hold.
  func expected() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for shard in layout.shards {
      files[shard.fileName] = try shard.header + shard.tensors.flatMap { try source.bytes(of: layout.tensors[$0].name) }
    }
    if let list = layout.shardList { files[list.name] = list.bytes }
    files[Self.record] = try recordOfWholeTensors()
    return files
  }

  /// The name of the record that the writer adds.
  static let record = "braid-record.json"

  /// The record as it is when every tensor comes in one piece: pieces, resuming and forms of writing must not show.
  private func recordOfWholeTensors() throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let writer = try writer(at: folder("whole"), direct: false)
    try writeRest(with: writer)
    try writer.finish()
    return try Files.bytes(folder("whole/" + Self.record))
  }
}
