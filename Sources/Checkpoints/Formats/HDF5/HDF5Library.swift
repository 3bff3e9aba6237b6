internal import CHDF5

/// The HDF5 library that the program runs with.
///
/// Its data structures are laid out by its headers; a library of another release line than the headers that Braid was
/// built with would be misunderstood silently, so the two are compared before the first call.
public enum HDF5Library {
  /// The version of the library, checked against that of the headers: `1.10.8`.
  ///
  /// - Throws: a `CheckpointError` if the library is of another release line than the headers.
  public static func version() throws(CheckpointError) -> String {
    let built = braid_hdf5_header_version()
    let loaded = braid_hdf5_library_version()
    guard loaded != 0, loaded / 100 == built / 100 else {
      throw CheckpointError(
        .refused, path: "libhdf5",
        "the HDF5 library has version \(text(loaded)), but Braid was built with headers of \(text(built))",
        hint: "build Braid again on this machine")
    }
    return text(loaded)
  }

  private static func text(_ version: UInt32) -> String { "\(version / 10000).\(version / 100 % 100).\(version % 100)" }
}
