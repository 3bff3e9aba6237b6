import Checkpoints
import Tensors

/// Reads a file as a model and holds the reader to its promises.
enum Examination {
  /// A promise that a reader broke.
  struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
  }

  /// Elements that are read at the beginning, in the middle and at the end of each tensor.
  private static let sampleLength = 40
  /// The most tensors that are looked at.
  private static let mostTensors = 200

  /// Opens a file and reads a little of every tensor; gives the reason if it is refused.
  @discardableResult
  static func examine(_ path: String) throws -> String? {
    do {
      let checkpoint = try Checkpoint.open(path)
      try checkPlaces(of: checkpoint)
      try sample(checkpoint)
      try sample(ModelFolder.open(path).weights)
      return nil
    } catch let error as CheckpointError {
      return error.message
    }
  }

  /// Whatever has a place must have it inside its file, and plain elements must be as long as they are said to be.
  private static func checkPlaces(of checkpoint: Checkpoint) throws {
    for tensor in checkpoint.index.tensors {
      guard let place = checkpoint.location(of: tensor.name) else {
        throw BrokenPromise(description: "\(tensor.name) is in no file")
      }
      guard let size = tensor.shape.checkedElementCount,
        !size.multipliedReportingOverflow(by: tensor.dtype.byteCount).overflow
      else { throw BrokenPromise(description: "the size of \(tensor.name) overflows") }
      guard let bytes = place.bytes else { continue }
      guard bytes.lowerBound >= 0, bytes.upperBound <= place.file.file.bytes.count,
        place.storage != nil || bytes.count == tensor.byteCount
      else { throw BrokenPromise(description: "\(tensor.name) lies at \(bytes), outside its file or size") }
    }
  }

  /// Reads parts of tensors twice; content that cannot be decoded is an error like any other.
  private static func sample(_ source: any TensorSource) throws {
    for tensor in source.index.tensors.prefix(mostTensors) {
      let count = tensor.shape.elementCount
      for start in [0, count / 2, max(0, count - sampleLength)] {
        let range = start..<min(count, start + sampleLength)
        let first = try read(tensor, range, of: source, filling: 0x55)
        guard try read(tensor, range, of: source, filling: 0xAA) == first else {
          throw BrokenPromise(description: "\(tensor.name), elements \(range): not all of them were delivered")
        }
      }
    }
  }

  private static func read(
    _ tensor: TensorDescription, _ range: Range<Int>, of source: any TensorSource, filling byte: UInt8
  ) throws -> [UInt8] {
    var room = [UInt8](repeating: byte, count: range.count * tensor.dtype.byteCount)
    try room.withUnsafeMutableBytes { try source.read(tensor.name, elements: range, into: $0) }
    return room
  }
}
