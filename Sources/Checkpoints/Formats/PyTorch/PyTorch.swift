internal import Tensors

/// PyTorch's files: what `torch.save` writes, since version 1.6 and before, and TorchScript programs.
///
/// All are pickles, which are programs. Here they are run on descriptions of values only, from a closed list of names
/// (``PickleConstructor``): a file that asks for anything else is refused with the name of it.
public enum PyTorch: CheckpointFormat {
  /// The format's name.
  public static let name = "PyTorch"
  /// The usual file extensions.
  public static let extensions = ["bin", "pt", "pth", "ckpt"]

  /// Whether the content is an archive with a pickle in its folder, or begins as a pickle does.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    PyTorchStream.recognizes(bytes) || isTar(bytes) || PyTorchArchive.recognizes(bytes)
  }

  /// Reads the pickle and finds the storages; `bytes` is the whole file.
  public static func readIndex(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> FileIndex {
    let file = UntrustedBytes(bytes: bytes, file: file, format: name)
    if ZipDirectory.isBegun(bytes) { return try PyTorchArchive(file).index() }
    if PyTorchStream.recognizes(bytes) { return try PyTorchStream(file: file).index() }
    guard !isTar(bytes) else {
      throw file.fault(
        at: 0, "a tar archive, as PyTorch wrote before version 0.1.10", expected: "a file of a later version")
    }
    throw file.fault(at: 0, "neither a zip archive nor a pickle", expected: "a file that torch.save wrote")
  }

  /// Whether bytes begin with a tar archive's entry of one of the names that old versions wrote.
  private static func isTar(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 512, bytes[257..<262].elementsEqual("ustar".utf8) else { return false }
    return ["sys_info", "pickle", "storages", "tensors"].contains { bytes.starts(with: $0.utf8) }
  }
}
