internal import Documents

/// A file of prompts: its name, as the user gave it, and its bytes.
public struct PromptFile: Sendable {
  /// The path as the user gave it; it appears in error messages.
  public var name: String
  /// The content, one prompt a line.
  public var bytes: [UInt8]

  /// Names a file's content.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  /// The lines that are not blank, with their numbers from one; line ends may be `\n` or `\r\n`.
  var lines: [(number: Int, bytes: [UInt8])] {
    // The mark that some editors put in front of UTF-8 is not part of the first line.
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    var lines: [(number: Int, bytes: [UInt8])] = []
    for (index, line) in body.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let text = line.last == 0x0D ? line.dropLast() : line
      if text.contains(where: { $0 != 0x20 && $0 != 0x09 }) { lines.append((index + 1, Array(text))) }
    }
    return lines
  }
}
