extension ModelFolder {
  /// The folder with other files in place of some of its own, or beside them.
  ///
  /// - Parameter files: the contents by name; nil hides a file.
  public func overlaying(_ files: [String: [UInt8]?]) -> ModelFolder {
    var folder = self
    folder.overlay.merge(files) { _, new in new }
    return folder
  }
}
