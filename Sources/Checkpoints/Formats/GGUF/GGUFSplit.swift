/// What a file that is one of several says about that.
struct GGUFSplit {
  /// The part, counted from one.
  var number: Int
  /// How many parts there are.
  var count: Int

  /// Describes a part.
  init(number: Int, count: Int) {
    self.number = number
    self.count = count
  }

  /// Reads the metadata; nil if the file is whole.
  init?(_ metadata: GGUFMetadata) {
    guard let number = metadata.int("split.no"), let count = metadata.int("split.count"), count > 1, number >= 0,
      number < count
    else { return nil }
    self.number = number + 1
    self.count = count
  }

  /// Checks that the file's name says the same, because the other parts are found by it.
  func check(file: String) throws(FormatError) {
    if let name = SplitFile(file), name.number == number, name.count == count { return }
    throw FormatError(
      file: file, format: GGUF.name, found: "part \(number) of \(count) under another name",
      expected: "a name that ends in \(SplitFile.suffix(number, of: count))")
  }

  /// Writes it with the types that llama.cpp insists on.
  ///
  /// - Parameter tensors: how many tensors there are in all parts.
  func write(to writer: inout GGUFHeaderWriter, tensors: Int) {
    writer.add("split.no", UInt16(clamping: number - 1))
    writer.add("split.count", UInt16(clamping: count))
    writer.add("split.tensors.count", Int32(clamping: tensors))
  }
}
