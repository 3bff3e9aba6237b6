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
      report += "\(name)\n  \(message(path, name))\n"
      // Other tests run at the same time, so that one slow try says nothing.
      let isQuick = (0..<4).contains { _ in clock.measure { _ = message(path, name) } < .seconds(1) }
      #expect(isQuick, "\(name)")
    }
    return report
  }

  /// Opens every file of a folder, which must fail; the report has a message for each, under its name without the
  /// ending.
  static func headerReport(_ folder: String, ending: String) throws -> String {
    var report = ""
    for name in try Files.list(folder) {
      do {
        _ = try Checkpoint.open(folder + "/" + name)
        Issue.record("\(name) was accepted")
      } catch {
        #expect(error.path == folder + "/" + name)
        report += "\(name.dropLast(ending.count))\n  \(error.message)\n"
      }
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
