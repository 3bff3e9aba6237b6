internal import Documents

/// Reads the entries of a central directory one after another, each with its local header.
struct ZipEntryReader {
  let file: UntrustedBytes
  let directory: Range<Int>
  /// Where the next entry begins.
  private(set) var position: Int

  init(file: UntrustedBytes, directory: Range<Int>) {
    self.file = file
    self.directory = directory
    position = directory.lowerBound
  }

  /// What the directory says about an entry.
  private struct Record {
    var flags: Int
    var method: Int
    var checksum: Int
    var storedSize: Int
    var size: Int
    var header: Int
    var name: UnsafeRawBufferPointer
  }

  /// Reads the next entry.
  mutating func next() throws(FormatError) -> ZipEntry {
    let place = position
    let record = try readRecord()
    let name = String(decoding: record.name, as: UTF8.self)
    let shown = PrintableText.quoted(name)
    guard record.flags & ZipRecords.encryptedFlags == 0 else {
      throw file.fault(at: place, "the entry \(shown) is encrypted", expected: "an archive without a password")
    }
    guard record.method == ZipRecords.stored || record.method == ZipRecords.deflated else {
      throw file.fault(
        at: place + 10, "the entry \(shown) compressed with \(ZipRecords.methodName(record.method))",
        expected: "stored or deflated entries")
    }
    let isDeflated = record.method == ZipRecords.deflated
    let possible = record.storedSize.multipliedReportingOverflow(by: ZipRecords.maximumDeflateRatio)
    guard isDeflated ? possible.overflow || record.size <= possible.partialValue : record.size == record.storedSize
    else {
      throw file.fault(
        at: place + 24, "the entry \(shown) of \(record.size) bytes out of \(record.storedSize)",
        expected: isDeflated ? "at most \(possible.partialValue), the best that deflate can do" : "the same number")
    }
    let start = try checkLocalHeader(of: record, shown)
    guard record.storedSize <= directory.lowerBound - start else {
      throw file.fault(
        at: record.header, "the entry \(shown) with \(record.storedSize) bytes of data from \(start)",
        expected: "data that ends in front of the directory at \(directory.lowerBound)")
    }
    return ZipEntry(
      name: name, header: record.header, data: start..<start + record.storedSize, size: record.size,
      isDeflated: isDeflated, checksum: UInt32(truncatingIfNeeded: record.checksum))
  }

  private mutating func readRecord() throws(FormatError) -> Record {
    let place = position
    guard place <= directory.upperBound - ZipRecords.directoryEntrySize,
      file.uint32(at: place) == ZipRecords.directoryEntry, let flags = file.uint16(at: place + 8),
      let method = file.uint16(at: place + 10), let checksum = file.uint32(at: place + 16),
      let storedSize = file.uint32(at: place + 20), let size = file.uint32(at: place + 24),
      let nameLength = file.uint16(at: place + 28), let extraLength = file.uint16(at: place + 30),
      let commentLength = file.uint16(at: place + 32), let header = file.uint32(at: place + 42)
    else { throw file.fault(at: place, "no entry of the directory here", expected: "the next entry") }
    let fixed = place + ZipRecords.directoryEntrySize
    guard nameLength + extraLength + commentLength <= directory.upperBound - fixed,
      let name = file.slice(at: fixed, count: nameLength)
    else { throw file.fault(at: place, "an entry that is longer than the directory") }
    var numbers = [size, storedSize, header]
    try replaceLargeNumbers(&numbers, extra: fixed + nameLength..<fixed + nameLength + extraLength)
    position = fixed + nameLength + extraLength + commentLength
    return Record(
      flags: flags, method: method, checksum: checksum, storedSize: numbers[1], size: numbers[0], header: numbers[2],
      name: name)
  }

  /// Replaces numbers that are all ones by those of the extra field for large archives, which holds just those, in order.
  private func replaceLargeNumbers(_ numbers: inout [Int], extra: Range<Int>) throws(FormatError) {
    guard numbers.contains(ZipRecords.elsewhere32) else { return }
    guard let field = try extraField(ZipRecords.largeNumbers, in: extra) else {
      throw file.fault(at: extra.lowerBound, "an entry without the numbers that are too large for its header")
    }
    var place = field.lowerBound
    for index in numbers.indices where numbers[index] == ZipRecords.elsewhere32 {
      guard place <= field.upperBound - 8, let number = file.uint64(at: place) else {
        throw file.fault(at: place, "a number of an entry that is missing or that no file can have")
      }
      numbers[index] = number
      place += 8
    }
  }

  private func extraField(_ kind: Int, in extra: Range<Int>) throws(FormatError) -> Range<Int>? {
    var place = extra.lowerBound
    while place <= extra.upperBound - 4, let found = file.uint16(at: place), let length = file.uint16(at: place + 2) {
      guard length <= extra.upperBound - place - 4 else {
        throw file.fault(at: place, "an extra field of \(length) bytes", expected: "one that fits its entry")
      }
      if found == kind { return place + 4..<place + 4 + length }
      place += 4 + length
    }
    return nil
  }

  /// Compares the header in front of the data with the directory.
  ///
  /// - Returns: where the data begins.
  private func checkLocalHeader(of record: Record, _ shown: String) throws(FormatError) -> Int {
    let place = record.header
    guard place <= directory.lowerBound - ZipRecords.localHeaderSize,
      file.uint32(at: place) == ZipRecords.localHeader, let flags = file.uint16(at: place + 6),
      let method = file.uint16(at: place + 8), let storedSize = file.uint32(at: place + 18),
      let size = file.uint32(at: place + 22), let nameLength = file.uint16(at: place + 26),
      let extraLength = file.uint16(at: place + 28)
    else {
      throw file.fault(
        at: place, "no header of the entry \(shown)", expected: "one at the place that the directory says")
    }
    let fixed = place + ZipRecords.localHeaderSize
    guard nameLength + extraLength <= directory.lowerBound - fixed,
      let name = file.slice(at: fixed, count: nameLength)
    else { throw file.fault(at: place, "a header of the entry \(shown) that reaches into the directory") }
    guard name.elementsEqual(record.name), method == record.method, flags & ZipRecords.encryptedFlags == 0 else {
      throw file.fault(at: place, "a header that contradicts the directory's entry \(shown)")
    }
    var numbers = [size, storedSize]
    let extra = fixed + nameLength..<fixed + nameLength + extraLength
    if flags & ZipRecords.sizesFollow == 0 {
      try replaceLargeNumbers(&numbers, extra: extra)
      guard numbers == [record.size, record.storedSize] else {
        throw file.fault(
          at: place + 18, "a header of the entry \(shown) with \(numbers[1]) bytes for \(numbers[0])",
          expected: "\(record.storedSize) for \(record.size), as in the directory")
      }
    }
    return extra.upperBound
  }
}
