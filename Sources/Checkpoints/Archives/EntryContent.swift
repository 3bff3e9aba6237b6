extension ZipEntry {
  /// The beginning of the content, or all of it if it is not longer than the limit.
  func prefix(_ limit: Int, of file: UntrustedBytes) throws(FormatError) -> [UInt8] {
    let content = content
    let length = min(limit, content.count)
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
