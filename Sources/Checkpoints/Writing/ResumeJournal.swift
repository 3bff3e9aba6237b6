internal import Documents

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The record of which tensors of an unfinished checkpoint are safely on the device.
///
/// A text file: a heading that identifies the run, then a line for each finished tensor. A line counts only once it
/// is complete, so a kill in the middle of one costs that line and nothing else.
struct ResumeJournal: Sendable {
  /// What a run is recognised by.
  struct Heading: Equatable, Sendable {
    /// The text that stands for plan and inputs.
    var fingerprint: String
    /// The layout's digest.
    var layout: UInt64
    /// Whether the run may replace what stands at the destination.
    var replaces: Bool

    var text: String {
      "braid-journal 1\nrun \(JSONEdit.quote(fingerprint))\nlayout \(String(layout, radix: 16))\n"
        + "replace \(replaces ? "yes" : "no")\n"
    }
  }

  /// The descriptor of the file; who opened it closes it.
  let descriptor: Int32
  let path: String
  /// Where the next line goes.
  private var end: Int

  /// Starts a journal over an empty file.
  init(starting heading: Heading, descriptor: Int32, path: String) throws(CheckpointError) {
    self.descriptor = descriptor
    self.path = path
    end = 0
    guard SystemCall.retrying({ ftruncate(descriptor, 0) }) == 0 else { throw SystemCall.error("write", path) }
    try append(heading.text)
  }

  /// Goes on with the journal that a contents belongs to; whatever follows the last complete line is cut off.
  init(continuing contents: Contents, descriptor: Int32, path: String) throws(CheckpointError) {
    self.descriptor = descriptor
    self.path = path
    end = contents.byteCount
    guard SystemCall.retrying({ ftruncate(descriptor, off_t(end)) }) == 0 else {
      throw SystemCall.error("write", path)
    }
  }

  /// Records tensors as finished and waits until the record is on the device.
  mutating func append(finished tensors: [Int]) throws(CheckpointError) {
    try append(tensors.map { "done \($0)\n" }.joined())
  }

  private mutating func append(_ text: String) throws(CheckpointError) {
    let bytes = Array(text.utf8)
    let written = bytes.withUnsafeBytes { SystemCall.write($0, to: descriptor, at: end) }
    guard written == bytes.count, SystemCall.syncData(descriptor) == 0 else { throw SystemCall.error("write", path) }
    end += bytes.count
  }

  /// What a journal says.
  struct Contents: Sendable {
    var heading: Heading
    var finished: Set<Int>
    /// The bytes up to the end of the last complete and understood line.
    var byteCount: Int

    /// Reads a journal; nil if not even its heading was completed, which means that nothing was written.
    ///
    /// - Parameter tensorCount: tensors that a line may name lie below this number.
    init?(_ text: [UInt8], tensorCount: Int) {
      var rest = text[...]
      var consumed = 0
      func line() -> String? {
        guard let newline = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[(newline + 1)...] }
        consumed = newline + 1
        return String(decoding: rest[..<newline], as: UTF8.self)
      }
      guard line() == "braid-journal 1", let run = line(), run.hasPrefix("run "),
        let fingerprint = try? JSONParser.parse(String(run.dropFirst(4))).string,
        let layoutLine = line(), layoutLine.hasPrefix("layout "),
        let layout = UInt64(layoutLine.dropFirst(7), radix: 16),
        let replace = line(), replace == "replace yes" || replace == "replace no"
      else { return nil }
      heading = Heading(fingerprint: fingerprint, layout: layout, replaces: replace == "replace yes")
      finished = []
      byteCount = consumed
      while let entry = line(), entry.hasPrefix("done "), let tensor = Int(entry.dropFirst(5)),
        (0..<tensorCount).contains(tensor)
      {
        finished.insert(tensor)
        byteCount = consumed
      }
    }
  }
}
