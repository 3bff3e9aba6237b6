/// HDF5 files: Keras's `.weights.h5` and `.h5`, the one in its `.keras` archives, Hugging Face's `tf_model.h5`, and any
/// other whose datasets are numbers.
///
/// The HDF5 library (``HDF5Library``) only tells where things are; Braid reads and decompresses the elements itself.
/// Tensors are named by the paths of their datasets.
public enum HDF5: CheckpointFormat {
  /// The format's name.
  public static let name = "HDF5"
  /// The usual file extensions.
  public static let extensions = ["h5", "hdf5", "keras"]

  /// What an HDF5 file begins with.
  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Whether the signature is at one of the places where it may be, or in an archive of Keras.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    start(in: bytes) != nil || KerasArchive.recognizes(bytes)
  }

  /// Lists the file and checks that what is said to be in it is there.
  public static func readIndex(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> FileIndex {
    if ZipDirectory.isBegun(bytes) {
      return try KerasArchive.readIndex(of: UntrustedBytes(bytes: bytes, file: file, format: name))
    }
    guard let start = start(in: bytes) else {
      throw FormatError(
        file: file, format: name, offset: 0, found: "no HDF5 signature", expected: "\\x89HDF at the start of the file")
    }
    return try readIndex(of: bytes, part: start..<bytes.count, file: file)
  }

  /// Reads the HDF5 file that is a part of a file.
  static func readIndex(
    of bytes: UnsafeRawBufferPointer, part: Range<Int>, file: String
  ) throws(FormatError) -> FileIndex {
    let listing: HDF5Listing
    do throws(HDF5ListingError) {
      listing = try HDF5Listing(of: UnsafeRawBufferPointer(rebasing: bytes[part]))
    } catch {
      throw FormatError(file: file, format: name, tensor: error.path, found: error.found, expected: error.expected)
    }
    return try HDF5IndexReader(file: file, part: part, listing: listing).read()
  }

  /// The part of a file that is HDF5: the whole, what follows a user's block, or an archive's entry; nil if none is.
  static func part(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> Range<Int>? {
    if ZipDirectory.isBegun(bytes) {
      return try KerasArchive.weights(in: UntrustedBytes(bytes: bytes, file: file, format: name)).data
    }
    return start(in: bytes).map { $0..<bytes.count }
  }

  /// Where the signature is: at the start, or after a block of the user's, whose length is 512 bytes times a power of
  /// two.
  static func start(in bytes: UnsafeRawBufferPointer) -> Int? {
    var place = 0
    while place <= bytes.count - signature.count {
      if bytes[place..<place + signature.count].elementsEqual(signature) { return place }
      place = place == 0 ? 512 : place * 2
    }
    return nil
  }
}
