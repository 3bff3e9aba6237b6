internal import CHDF5Listing

/// The HDF5 library that the program runs with.
///
/// It only ever runs in a forked process with limits on time and memory: what it says about a file comes back as
/// bytes, and when a damaged file makes it crash, only that process is gone.
public enum HDF5Library {
  /// The library's version: `1.10.8`.
  ///
  /// - Throws: a `CheckpointError` if the library is of another release line than the headers that Braid was built
  ///   with, whose data structures it would misunderstand silently.
  public static func version() throws(CheckpointError) -> String {
    let result = braid_hdf5_versions(limits(seconds: 1))
    defer { braid_hdf5_give_back(result) }
    let text = String(decoding: UnsafeRawBufferPointer(start: result.bytes, count: result.count), as: UTF8.self)
    let versions = text.split(separator: " ")
    guard result.end == BRAID_HDF5_DONE, versions.count == 2 else {
      throw CheckpointError(.refused, path: "libhdf5", "the HDF5 library does not run")
    }
    guard versions[0].split(separator: ".").prefix(2) == versions[1].split(separator: ".").prefix(2) else {
      throw CheckpointError(
        .refused, path: "libhdf5",
        "the HDF5 library has version \(versions[1]), but Braid was built with headers of \(versions[0])",
        hint: "build Braid again on this machine")
    }
    return String(versions[1])
  }

  /// How much memory the library may take for a file: what it holds are objects' headers, not elements.
  private static let memory = 96 << 20
  /// How long a listing may be: a chunk takes up to 276 bytes of it, a dataset some hundred.
  private static let longestListing = 64 << 20
  /// Processor seconds for a small file, and how many bytes of a larger one earn another second.
  private static let seconds = 0.5
  private static let bytesPerSecond = 256.0 * 1_048_576
  private static let mostSeconds = 30.0

  private static func limits(seconds: Double) -> braid_hdf5_limits {
    braid_hdf5_limits(seconds: seconds, memory: memory, output: longestListing)
  }

  /// Lists the HDF5 file that is these bytes and hands the listing to `body`.
  ///
  /// - Throws: why the library cannot do it, in words, or what `body` throws.
  static func list<Result>(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(HDF5ListingError) -> Result
  ) throws(HDF5ListingError) -> Result {
    let time = min(mostSeconds, seconds + Double(bytes.count) / bytesPerSecond)
    return try use(braid_hdf5_list(bytes.baseAddress, bytes.count, limits(seconds: time)), body)
  }

  /// Makes a file without its elements, as `braid_hdf5_make` describes, and hands what comes back to `body`.
  ///
  /// - Throws: why the library cannot do it, in words, or what `body` throws.
  static func make<Result>(
    _ wanted: [UInt8], donor: UnsafeRawBufferPointer?,
    _ body: (UnsafeRawBufferPointer) throws(HDF5ListingError) -> Result
  ) throws(HDF5ListingError) -> Result {
    let result = wanted.withUnsafeBytes { wanted in
      braid_hdf5_make(
        donor?.baseAddress, donor?.count ?? 0, wanted.baseAddress, wanted.count, limits(seconds: mostSeconds))
    }
    return try use(result, body)
  }

  private static func use<Result>(
    _ result: braid_hdf5_result, _ body: (UnsafeRawBufferPointer) throws(HDF5ListingError) -> Result
  ) throws(HDF5ListingError) -> Result {
    defer { braid_hdf5_give_back(result) }
    switch result.end {
    case BRAID_HDF5_DONE: return try body(UnsafeRawBufferPointer(start: result.bytes, count: result.count))
    case BRAID_HDF5_CRASHED: throw HDF5ListingError(found: "something that the HDF5 library crashes on")
    case BRAID_HDF5_OUT_OF_TIME: throw HDF5ListingError(found: "something that the HDF5 library takes too long over")
    case BRAID_HDF5_OUT_OF_ROOM:
      throw HDF5ListingError(
        found: "more objects and chunks than a model has", expected: "a listing of at most \(longestListing) bytes")
    default: throw HDF5ListingError(found: "a file to list, but the system has no process or memory left for that")
    }
  }
}

/// Why there is no listing of a file.
package struct HDF5ListingError: Error {
  /// The path of the object it is about, if it is about one.
  package var path: String?
  /// What is there.
  package var found: String
  /// What should be there.
  package var expected: String?
}
