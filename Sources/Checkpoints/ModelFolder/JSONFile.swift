public import Documents

/// A JSON file: its bytes, and what they mean.
public struct JSONFile: Sendable {
  /// The path that was read.
  public let path: String
  /// The text, byte for byte.
  public let bytes: [UInt8]
  /// The outermost value.
  public let root: JSONNode

  /// Reads and parses a file; an error names the line and the column.
  public init(path: String) throws(CheckpointError) {
    try self.init(path: path, bytes: try FileContents.read(path))
  }

  /// Parses what could stand in a file; an error names the line and the column.
  public init(path: String, bytes: [UInt8]) throws(CheckpointError) {
    self.path = path
    self.bytes = bytes
    do throws(JSONError) {
      root = try JSONParser.parse(bytes)
    } catch {
      let place = SourcePosition(byteOffset: error.offset, in: bytes)
      throw CheckpointError(
        .inconsistent, path: path, "line \(place.line), column \(place.column): not valid JSON: \(error.message)")
    }
  }

  /// The file without these members of its outermost object.
  func removing(_ keys: [String]) throws(CheckpointError) -> JSONFile {
    var text = bytes
    do throws(JSONError) {
      for key in keys { text = try JSONEdit.removing(key, in: text) }
    } catch {
      throw CheckpointError(.inconsistent, path: path, error.description)
    }
    return try JSONFile(path: path, bytes: text)
  }

  /// Where a value stands in the file.
  public func position(of node: JSONNode) -> SourcePosition {
    SourcePosition(byteOffset: node.range.lowerBound, in: bytes)
  }
}
