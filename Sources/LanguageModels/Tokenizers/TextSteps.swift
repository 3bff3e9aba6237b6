/// The smaller steps of normalizers, over valid UTF-8.
extension UnsafeBufferPointer<UInt8> {
  /// The text without the scalars that do not fulfil a condition.
  func filtered(_ isKept: (UInt32) -> Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      let (scalar, length) = ScalarReader.value(in: self, at: position)
      if isKept(scalar) {
        result.append(contentsOf: UnsafeBufferPointer(rebasing: self[position..<position + length]))
      }
      position += length
    }
    return result
  }

  /// The text in lower case, scalar by scalar: the special rule for a sigma at the end of a word is not applied.
  func lowercased(_ classes: ScalarClasses) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      let byte = self[position]
      if byte < 0x80 {
        result.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        position += 1
        continue
      }
      let (found, length) = classes.at(position, self)
      if found.contains(.changesCase) {
        result += ScalarReader.scalar(in: self, at: position).scalar.properties.lowercaseMapping.utf8
      } else {
        result.append(contentsOf: UnsafeBufferPointer(rebasing: self[position..<position + length]))
      }
      position += length
    }
    return result
  }

  /// The text without the white space at its ends.
  func stripped(left: Bool, right: Bool) -> [UInt8] {
    var start = 0
    var end = count
    while left, start < end {
      let (scalar, length) = ScalarReader.scalar(in: self, at: start)
      guard scalar.isWhiteSpace else { break }
      start += length
    }
    while right, start < end {
      let (scalar, length) = ScalarReader.scalar(in: self, before: end)
      guard scalar.isWhiteSpace else { break }
      end -= length
    }
    return Array(self[start..<end])
  }

  /// The text with every occurrence of another text, which is not empty, replaced.
  func replacing(_ pattern: [UInt8], with replacement: [UInt8]) -> [UInt8] {
    guard let first = pattern.first else { return Array(self) }
    var result: [UInt8] = []
    result.reserveCapacity(count + count / 2)
    var done = 0
    var position = 0
    while position + pattern.count <= count {
      guard self[position] == first, self[position..<position + pattern.count].elementsEqual(pattern) else {
        position += 1
        continue
      }
      result.append(contentsOf: UnsafeBufferPointer(rebasing: self[done..<position]))
      result += replacement
      position += pattern.count
      done = position
    }
    result.append(contentsOf: UnsafeBufferPointer(rebasing: self[done...]))
    return result
  }

  /// The text without control characters, and with blanks of every kind as spaces: the rules of `nmt_nfkc`.
  func cleanedForTranslation() -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      let (scalar, length) = ScalarReader.value(in: self, at: position)
      switch scalar {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        result.append(UInt8(ascii: " "))
      default: result.append(contentsOf: UnsafeBufferPointer(rebasing: self[position..<position + length]))
      }
      position += length
    }
    return result
  }
}
