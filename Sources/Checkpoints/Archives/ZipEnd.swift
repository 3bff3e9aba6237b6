/// What the end record of a zip archive says: where the central directory lies and how many entries it has.
struct ZipEnd {
  /// The bytes of the central directory.
  let directory: Range<Int>
  /// The number of its entries.
  let entryCount: Int

  /// Finds and checks the end record, and the one for large archives if there is one.
  init(of file: UntrustedBytes) throws(FormatError) {
    let place = try Self.find(in: file)
    guard let disk = file.uint16(at: place + 4), let firstDisk = file.uint16(at: place + 6),
      let countHere = file.uint16(at: place + 8), let count = file.uint16(at: place + 10),
      let size = file.uint32(at: place + 12), let start = file.uint32(at: place + 16)
    else { throw file.fault(at: place, "the end record is cut short") }
    var numbers = Numbers(disks: [disk, firstDisk], countHere: countHere, count: count, size: size, start: start)
    var limit = place
    let locator = place - ZipRecords.end64LocatorSize
    if file.uint32(at: locator) == ZipRecords.end64Locator {
      limit = try numbers.replace(from: file, locator: locator)
    }
    guard numbers.disks.allSatisfy({ $0 == 0 }), numbers.countHere == numbers.count else {
      throw file.fault(at: place, "one part of an archive in several parts")
    }
    guard numbers.start <= limit, numbers.size <= limit - numbers.start else {
      throw file.fault(
        at: place, "a directory of \(numbers.size) bytes from \(numbers.start)",
        expected: "one that ends at \(limit) at the latest")
    }
    guard numbers.count <= ZipRecords.maximumEntries else {
      throw file.fault(
        at: place, "\(numbers.count) entries", expected: "\(ZipRecords.maximumEntries) at the most")
    }
    guard numbers.count <= numbers.size / ZipRecords.directoryEntrySize else {
      throw file.fault(
        at: place, "\(numbers.count) entries in a directory of \(numbers.size) bytes",
        expected: "\(ZipRecords.directoryEntrySize) bytes for each at least")
    }
    directory = numbers.start..<numbers.start + numbers.size
    entryCount = numbers.count
  }

  /// The end record is the last one whose comment reaches exactly to the end of the file.
  private static func find(in file: UntrustedBytes) throws(FormatError) -> Int {
    let last = file.count - ZipRecords.endSize
    let first = max(0, last - ZipRecords.maximumCommentLength)
    for place in stride(from: last, through: first, by: -1)
    where file.bytes[place] == 0x50 && file.uint32(at: place) == ZipRecords.end {
      if let comment = file.uint16(at: place + 20), place + ZipRecords.endSize + comment == file.count { return place }
    }
    throw file.fault(
      at: file.count, "no end record of a zip archive", expected: "a file that was written or downloaded completely")
  }

  private struct Numbers {
    var disks: [Int]
    var countHere: Int
    var count: Int
    var size: Int
    var start: Int

    /// Takes the numbers of the large record; those of the small one must be all ones or the same.
    ///
    /// - Returns: where the large record begins.
    mutating func replace(from file: UntrustedBytes, locator: Int) throws(FormatError) -> Int {
      guard file.uint32(at: locator + 4) == 0, let place = file.uint64(at: locator + 8),
        let total = file.uint32(at: locator + 16), total <= 1
      else { throw file.fault(at: locator, "a pointer to the end record in another part of the archive") }
      guard place <= locator - ZipRecords.end64Size, file.uint32(at: place) == ZipRecords.end64 else {
        throw file.fault(at: locator + 8, "a pointer to byte \(place), where no large end record is")
      }
      guard let disk = file.uint32(at: place + 16), let firstDisk = file.uint32(at: place + 20),
        let countHere = file.uint64(at: place + 24), let count = file.uint64(at: place + 32),
        let size = file.uint64(at: place + 40), let start = file.uint64(at: place + 48)
      else { throw file.fault(at: place, "numbers in the large end record that no file can have") }
      let large = Numbers(disks: [disk, firstDisk], countHere: countHere, count: count, size: size, start: start)
      guard agrees(with: large) else {
        throw file.fault(at: place, "a large end record that contradicts the small one")
      }
      self = large
      return place
    }

    private func agrees(with large: Numbers) -> Bool {
      (count == ZipRecords.elsewhere16 || count == large.count)
        && (countHere == ZipRecords.elsewhere16 || countHere == large.countHere)
        && (size == ZipRecords.elsewhere32 || size == large.size)
        && (start == ZipRecords.elsewhere32 || start == large.start)
    }
  }
}
