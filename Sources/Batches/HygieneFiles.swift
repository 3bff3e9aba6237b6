internal import Documents
public import Evaluation

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Reads what prompts are checked against.
public enum HygieneFiles {
  /// How much of a plain text is looked through at once, in bytes.
  private static let pieceBytes = 1 << 20

  /// Starts a check of prompt files, each by itself: splits of one task may well share names.
  ///
  /// - Throws: a `PromptError` with everything that is wrong with the files.
  public static func check(_ paths: [String], threshold: Double) throws -> HygieneCheck {
    try HygieneCheck(files: try PromptLoading.files(paths), threshold: threshold)
  }

  /// Looks through a file of training text: JSON lines, of which every text counts by itself, or plain text.
  public static func scan(_ path: String, into check: inout HygieneCheck) throws {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      throw RequestError(message: "\(path): the training text cannot be read")
    }
    let isLines = path.lowercased().hasSuffix(".jsonl") || path.lowercased().hasSuffix(".json")
    if isLines {
      for (number, line) in bytes.split(separator: 0x0A).enumerated() {
        let node: JSONNode
        do throws(JSONError) {
          node = try JSONParser.parse(Array(line))
        } catch {
          throw RequestError(message: "\(path): line \(number + 1) is not JSON: \(error.message)")
        }
        scan(node, into: &check)
      }
      return
    }
    var isFirst = true
    var rest = bytes[...]
    while !rest.isEmpty {
      // A piece ends with a line, so that no word is cut.
      var end = rest.index(rest.startIndex, offsetBy: pieceBytes, limitedBy: rest.endIndex) ?? rest.endIndex
      if end < rest.endIndex, let line = rest[..<end].lastIndex(of: 0x0A) { end = rest.index(after: line) }
      check.scanTraining(String(decoding: rest[..<end], as: UTF8.self), continuing: !isFirst)
      isFirst = false
      rest = rest[end...]
    }
  }

  private static func scan(_ node: JSONNode, into check: inout HygieneCheck) {
    switch node.value {
    case .string(let text): check.scanTraining(text, continuing: false)
    case .array(let elements): for element in elements { scan(element, into: &check) }
    case .object(let members): for member in members { scan(member.node, into: &check) }
    case .null, .bool, .number: break
    }
  }

  /// The answers in samples files.
  public static func samples(_ paths: [String]) throws -> [SampleRecord] {
    var samples: [SampleRecord] = []
    for path in paths {
      guard let bytes = RecordFile.read(path) else {
        throw RequestError(message: "\(path): the samples cannot be read")
      }
      for (number, line) in bytes.split(separator: 0x0A).enumerated() {
        do {
          samples.append(try SampleRecord(line: Array(line)))
        } catch {
          throw RequestError(message: "\(path): line \(number + 1): \(error)")
        }
      }
    }
    return samples
  }
}
