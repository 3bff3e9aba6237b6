extension ZipEntry {
  /// Compares the bytes of a stored entry with its checksum.
  func check(_ file: UntrustedBytes) throws(FormatError) {
    guard let checked, let bytes = file.slice(at: data.lowerBound, count: data.count),
      let difference = checked.difference(from: Checksum(of: bytes))
    else { return }
    throw file.fault(at: data.lowerBound, difference.found, expected: difference.expected)
  }

  /// The beginning of the content, or all of it, which then has the right checksum, if it is not longer than the limit.
  func prefix(_ limit: Int, of file: UntrustedBytes) throws(FormatError) -> [UInt8] {
    let content = content
    let length = min(limit, content.count)
    if length == content.count { try check(file) }
    var bytes = [UInt8](repeating: 0, count: length)
    do throws(DecodingError) {
      try bytes.withMutableBytes { room throws(DecodingError) in
        try content.read(0..<length, of: file.bytes, into: room)
      }
    } catch {
      throw file.fault(at: error.offset, error.found, expected: error.expected)
    }
    return bytes
  }
}

extension [UInt8] {
  /// Calls `body` with the bytes to be changed; the standard library's function loses the type of the error.
  fileprivate mutating func withMutableBytes<Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    withUnsafeMutableBytes { buffer in
      do throws(Failure) { try body(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
