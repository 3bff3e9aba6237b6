import BraidTesting
import Checkpoints
import Tensors
import Testing

/// Files with one fault each, and what is said about them.
enum BrokenFiles {
  /// Opens every file of a folder and reads its tensors; the report has a message for each, found early or late.
  static func report(_ folder: String) throws -> String {
    var report = ""
    for name in try Files.list(folder) {
      let path = folder + "/" + name
      let clock = ContinuousClock()
      let time = clock.measure { report += "\(name)\n  \(message(path, name))\n" }
      #expect(time < .seconds(1), "\(name)")
    }
    return report
  }

  private static func message(_ path: String, _ name: String) -> String {
    do {
      let checkpoint = try Checkpoint.open(path)
      do {
        for tensor in checkpoint.index.tensors { _ = try checkpoint.bytes(of: tensor.name) }
        Issue.record("\(name) was accepted")
        return "nothing"
      } catch let error as CheckpointError {
        return "read: " + error.message
      } catch {
        Issue.record("\(name): \(error)")
        return ""
      }
    } catch {
      #expect(error.path == path)
      return error.message
    }
  }
}
