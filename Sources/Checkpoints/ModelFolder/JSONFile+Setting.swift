internal import Documents

extension JSONFile {
  /// The file with other values for members of its outermost object; every other byte stays.
  public func setting(_ values: [(key: String, json: String)]) throws(CheckpointError) -> JSONFile {
    let changed: [UInt8]
    do throws(JSONError) {
      changed = try JSONEdit.setting(values, in: bytes)
    } catch {
      throw CheckpointError(.inconsistent, path: path, error.description)
    }
    return try JSONFile(path: path, bytes: changed)
  }
}
