import BraidTesting
import Checkpoints
import Tensors
import Testing

/// Changes to valid files that must never make a reader trap or lie.
enum Mutation {
  /// Reads what becomes of a file after a few random changes, many times over.
  ///
  /// - Parameters:
  ///   - range: the part of the file that is changed.
  ///   - likely: bytes that mean something to the format, which are put in besides those of the file.
  static func check(
    _ format: any CheckpointFormat.Type, _ valid: [UInt8], rounds: Int, seed: UInt64, in range: Range<Int>? = nil,
    inserting likely: [UInt8] = []
  ) {
    var generator = SeededGenerator(seed: seed)
    let range = range ?? 0..<valid.count
    for _ in 0..<rounds {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = min(Int.random(in: range, using: &generator), bytes.count - 1)
        switch Int.random(in: 0..<(likely.isEmpty ? 6 : 7), using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        case 3: bytes[place] = valid[Int.random(in: range, using: &generator)]
        case 4: bytes.remove(at: place)
        case 5: bytes.insert(valid[Int.random(in: range, using: &generator)], at: place)
        default: bytes.insert(likely.randomElement(using: &generator) ?? 0, at: place)
        }
      }
      read(format, bytes)
    }
  }

  /// Reads a file and, if it is accepted, all its tensors, as far as they are small.
  static func read(_ format: any CheckpointFormat.Type, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { file in
      _ = format.recognizes(file)
      guard let index = try? format.readIndex(of: file, file: "file") else { return }
      for tensor in index.tensors where tensor.description.byteCount < 1 << 16 {
        switch tensor.encoding {
        case .contiguous(let range):
          #expect(range.upperBound <= file.count && range.count == tensor.description.byteCount)
        case .decoded(let decoder):
          var room = [UInt8](repeating: 0, count: tensor.description.byteCount)
          room.withUnsafeMutableBytes {
            try? decoder.read(0..<tensor.description.shape.elementCount, of: file, into: $0)
          }
        }
      }
    }
  }

  /// Expects an error for a valid file cut short at every byte of a range.
  static func checkCuts(_ format: any CheckpointFormat.Type, _ valid: [UInt8], at lengths: Range<Int>) {
    for length in lengths {
      let isAccepted = valid[..<length].withUnsafeBytes { (try? format.readIndex(of: $0, file: "file")) != nil }
      #expect(!isAccepted, "cut at \(length)")
    }
  }
}
