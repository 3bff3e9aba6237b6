internal import Documents

extension Vocabulary {
  /// Reads `{"piece": number}`.
  init(reading entries: EntryReader?, of model: ModelValue) throws(ModelError) {
    let value = try model.member("vocab")
    guard var entries, entries.isObject else { throw value.failure("expected an object, found \(value.node.kind)") }
    reserve(bytes: entries.byteCount / 2)
    while try entries.next() {
      let start = bytes.count
      try entries.string { for byte in $0 { append(byte: byte) } }
      try entries.colon()
      let token = try entries.token { String(decoding: bytes[start...], as: UTF8.self) }
      finishEntry(token: token)
    }
    try checkText(value)
    index()
  }

  /// Checks that all spellings together are small enough for a ``PieceTrie``.
  func checkSize(_ value: ModelValue) throws(ModelError) {
    guard bytes.count <= PieceTrie.maximumText else {
      throw value.failure("the pieces have \(bytes.count) bytes; expected at most \(PieceTrie.maximumText)")
    }
  }

  /// Checks that every spelling is UTF-8.
  func checkText(_ value: ModelValue) throws(ModelError) {
    let isText = bytes.withUnsafeBufferPointer { all in
      ByteText.isValid(all)
        && (0..<count).allSatisfy { entry in
          spelling(ofEntry: entry).first.map { $0 & 0xC0 != 0x80 } ?? true
        }
    }
    guard isText else { throw value.failure("not valid JSON: a string is not valid UTF-8") }
  }
}
